import { createServer, type Server } from 'node:http';
import type { NetworkAddress } from '../config/setting-kinds.ts';

/** What a worker is asked for by probes; each throws, or answers why it is not well. */
export interface WorkerHealth {
  /** Undefined while the process is of use; a reason when only a restart helps. */
  broken: () => string | undefined;
  /** Undefined when it takes work, else what it waits for. */
  notReady: () => Promise<string | undefined>;
}

/** The open port of the probes. */
export interface HealthServer {
  port: number;
  close(): Promise<void>;
}

/** Answers `/health` and `/ready` with 200 or 503 and a reason, as JSON. Throws the error of listening. */
export async function serveHealth(
  { host, port }: NetworkAddress,
  health: WorkerHealth,
): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?', 1)[0];
    if (path !== '/health' && path !== '/ready') {
      response.writeHead(404).end();
      return;
    }
    const check = path === '/health' ? async () => health.broken() : health.notReady;
    void check()
      .catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
      .then((reason) => {
        const answer = reason === undefined ? { status: 'OK' } : { status: 'NOT OK', reason };
        response.writeHead(reason === undefined ? 200 : 503, { 'content-type': 'application/json' });
        response.end(JSON.stringify(answer));
      });
  });
  server.requestTimeout = 5000;
  await listening(server, host, port);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
}
