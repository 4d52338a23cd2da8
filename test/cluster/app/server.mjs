// The service of the cluster tests: `server.mjs <version> [delay in ms]`. It ends at SIGTERM at once, cutting what is in
// flight, as programs do that never heard of signals: only the order of the steps may save the requests.
import { createServer } from 'node:http';

const [version = 'unknown', delay = '0'] = process.argv.slice(2);
const milliseconds = Number(process.env.DELAY_MS ?? delay);

const server = createServer((_request, response) => {
  setTimeout(() => {
    response.writeHead(200, { 'content-type': 'text/plain', 'x-version': version });
    response.end(`${version} ${process.env.HOSTNAME}\n`);
  }, milliseconds);
});
// Node closes a kept connection after 5 s without a request. A proxy that sends one at that moment gets a reset: such a request
// is lost with and without a release, so that the program leaves the end of idle connections to the proxy.
server.keepAliveTimeout = 0;
server.listen(9000, '0.0.0.0');

process.on('SIGTERM', () => process.exit(0));
