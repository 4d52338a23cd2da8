// Stand-in for podtatoserver (see README.md): same paths, metrics and versions, no dependencies, any Node from 18 on.
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    version: { type: 'string', default: '0.1.0' },
    port: { type: 'string', default: '9000' },
    // In a container others must reach it: 0.0.0.0.
    host: { type: 'string', default: '127.0.0.1' },
  },
});
const version = options.version.replace(/^v/, '');
/** Milliseconds that a request of `/` takes: 0.1.2 is the slow build. */
const delays = { '0.1.0': 0, '0.1.1': 0, '0.1.2': 400, '0.1.3': 0 };
if (!(version in delays)) {
  console.error(`unknown version ${version}: there are ${Object.keys(delays).join(', ')}`);
  process.exit(2);
}

const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const started = Date.now() / 1000;
const series = new Map();
let served = 0;

function observe(route, method, code, seconds) {
  served++;
  const labels = `route="${route}",method="${method}",status_code="${code}"`;
  const entry = series.get(labels) ?? { buckets: bounds.map(() => 0), sum: 0, count: 0 };
  series.set(labels, entry);
  bounds.forEach((bound, index) => {
    if (seconds <= bound) entry.buckets[index]++;
  });
  entry.sum += seconds;
  entry.count++;
}

function metrics() {
  const lines = [
    '# HELP http_requests_total Number of requests.',
    '# TYPE http_requests_total counter',
    `http_requests_total{status="success"} ${served}`,
    '# HELP http_server_request_duration_seconds Duration of requests.',
    '# TYPE http_server_request_duration_seconds histogram',
  ];
  const name = 'http_server_request_duration_seconds';
  for (const [labels, { buckets, sum, count }] of series) {
    bounds.forEach((bound, index) => {
      lines.push(`${name}_bucket{${labels},le="${bound}"} ${buckets[index]}`);
    });
    lines.push(`${name}_bucket{${labels},le="+Inf"} ${count}`);
    lines.push(`${name}_sum{${labels}} ${sum}`, `${name}_count{${labels}} ${count}`);
  }
  // The original is written in Go and its SLIs look at this gauge; a Node process has active handles instead.
  lines.push(
    '# HELP go_goroutines Stand-in: active resources of the Node process.',
    '# TYPE go_goroutines gauge',
  );
  lines.push(`go_goroutines ${process.getActiveResourcesInfo?.().length ?? 1}`);
  lines.push('# HELP process_start_time_seconds Start time.', '# TYPE process_start_time_seconds gauge');
  lines.push(`process_start_time_seconds ${started}`, '');
  return lines.join('\n');
}

const page = `<!doctype html>
<title>podtato-head</title>
<link rel="stylesheet" href="/static/podtato.css">
<h1>Hello from podtato-head!</h1>
<p>Version <strong>v${version}</strong></p>
`;

function answer(request, response) {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  const send = (status, type, body) => {
    response.writeHead(status, { 'content-type': type, 'x-podtato-version': `v${version}` });
    response.end(body);
  };
  if (path === '/metrics') return send(200, 'text/plain; version=0.0.4', metrics());
  const since = performance.now();
  const route = path === '/' ? '/' : path.startsWith('/static/') ? '/static' : 'other';
  response.once('close', () => {
    observe(route, request.method, response.statusCode, (performance.now() - since) / 1000);
  });
  if (route === '/') setTimeout(() => send(200, 'text/html; charset=utf-8', page), delays[version]);
  else if (path === '/static/podtato.css') send(200, 'text/css', 'body { font-family: sans-serif }\n');
  else send(404, 'text/plain', 'not found\n');
}

const server = createServer(answer);
server.on('error', (error) => {
  console.error(`cannot listen on port ${options.port}: ${error.message}`);
  process.exit(1);
});
// Longer than a proxy keeps its connections: Node's 5 seconds would close one under a request that is on its way.
server.keepAliveTimeout = 3_900_000;
server.listen(Number(options.port), options.host, () => {
  console.log(`podtato-head stand-in v${version} listens on http://${options.host}:${server.address().port}`);
});

let draining = false;
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    if (draining) return;
    draining = true;
    console.log(`${signal}: answering what is in flight, then ending`);
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    setInterval(() => server.closeIdleConnections(), 50).unref();
  });
}
