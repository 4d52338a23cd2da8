// A ticket counter: one customer at a time, 100 ms each, so that four at once wait 400 ms, and at three counters 200 ms at most.
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({ options: { port: { type: 'string', default: '9000' } } });
const SERVICE_MS = 100;
const bounds = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 1, 2, 5];
const counts = bounds.map(() => 0);
let [sum, count] = [0, 0];
let queue = Promise.resolve();

function observe(seconds) {
  bounds.forEach((bound, index) => {
    if (seconds <= bound) counts[index]++;
  });
  sum += seconds;
  count++;
}

function metrics() {
  const name = 'ticket_duration_seconds';
  return [
    `# HELP ${name} Time from the request to the ticket.`,
    `# TYPE ${name} histogram`,
    ...bounds.map((bound, index) => `${name}_bucket{le="${bound}"} ${counts[index]}`),
    `${name}_bucket{le="+Inf"} ${count}`,
    `${name}_sum ${sum}`,
    `${name}_count ${count}`,
    '',
  ].join('\n');
}

const server = createServer(async (request, response) => {
  if (request.url === '/metrics') {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
    response.end(metrics());
    return;
  }
  const since = performance.now();
  const turn = queue.then(() => delay(SERVICE_MS));
  queue = turn;
  await turn;
  response.once('close', () => observe((performance.now() - since) / 1000));
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.end('here is your ticket\n');
});
server.listen(Number(options.port), '127.0.0.1');

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    setInterval(() => server.closeIdleConnections(), 50).unref();
  });
}
