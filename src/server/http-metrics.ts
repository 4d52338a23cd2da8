import { createServer, type Server } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { NetworkAddress } from '../config/setting-kinds.ts';
import { counterText, DurationHistogram, gaugeText } from './prometheus-text.ts';

/** Metrics of one server process. */
export interface HttpMetrics {
  /** All metrics in Prometheus' text format. */
  text(): string;
}

/**
 * Measures every request of the server: `slipway_http_request_duration_seconds` by method, route and status, and of the process
 * its memory, processor time and start. Routes are patterns, so that names of projects make no new series.
 */
export function measureRequests(app: FastifyInstance): HttpMetrics {
  const durations = new DurationHistogram(
    'slipway_http_request_duration_seconds',
    'how long requests to the API took',
  );
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    const labels = { method: request.method, route, status: String(reply.statusCode) };
    durations.observe(labels, reply.elapsedTime / 1000);
  });
  return { text: () => durations.text() + processText() };
}

/** Serves `/metrics` until it is closed. Throws the error of listening. */
export async function serveMetrics({ host, port }: NetworkAddress, metrics: HttpMetrics): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url?.split('?', 1)[0] !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(metrics.text());
  });
  server.requestTimeout = 5000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
  return server;
}

function processText(): string {
  const { user, system } = process.cpuUsage();
  return (
    counterText('process_cpu_seconds_total', 'processor time in seconds', (user + system) / 1e6) +
    gaugeText('process_resident_memory_bytes', 'memory in bytes', process.memoryUsage.rss()) +
    gaugeText('process_start_time_seconds', 'when it started', Date.now() / 1000 - process.uptime())
  );
}
