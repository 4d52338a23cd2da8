// Stand-in for the sock shop's carts (see demo/sockshop/README.md): same paths, port, metrics and versions, no dependencies.
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: { version: { type: 'string', default: '0.10.1' }, port: { type: 'string', default: '8080' } },
});
/** The last digit of the version tells the build: 1 and 3 are quick, 2 takes a second for each look into a cart. */
const build = Number(options.version.split('.').at(-1));
const DELAYS = { 1: 0, 2: 1000, 3: 0 };
if (!(build in DELAYS)) {
  console.error(`unknown version ${options.version}: the last digit is 1, 2 or 3`);
  process.exit(2);
}
let delayInMillis = DELAYS[build];
let promotionRate = 0;

/** A gate that allows ten percent more than last time should not see the difference between 3 and 4 ms. */
const BOUNDS = [100, 250, 500, 750, 1000, 1250, 1500, 2000, 3000, 5000];
const series = new Map();

function observe(handler, code, milliseconds) {
  const labels = `handler="${handler}",status="${code}"`;
  const entry = series.get(labels) ?? { buckets: BOUNDS.map(() => 0), sum: 0, count: 0 };
  series.set(labels, entry);
  for (const [index, bound] of BOUNDS.entries()) if (milliseconds <= bound) entry.buckets[index]++;
  entry.sum += milliseconds;
  entry.count++;
}

function metrics() {
  const name = 'http_response_time_milliseconds';
  const lines = ['# TYPE http_requests_total counter'];
  for (const [labels, { count }] of series) lines.push(`http_requests_total{${labels}} ${count}`);
  lines.push(`# TYPE ${name} histogram`);
  for (const [labels, { buckets, sum, count }] of series) {
    for (const [index, bound] of BOUNDS.entries())
      lines.push(`${name}_bucket{${labels},le="${bound}.0"} ${buckets[index]}`);
    lines.push(`${name}_bucket{${labels},le="+Inf"} ${count}`);
    lines.push(`${name}_sum{${labels}} ${sum}`, `${name}_count{${labels}} ${count}`);
  }
  return `${lines.join('\n')}\n`;
}

/** The carts of the customers; the stand-in keeps them in memory. */
const carts = new Map();
const cartOf = (customer) => carts.get(customer) ?? carts.set(customer, []).get(customer);

function addToCart(customer, { itemId, id = itemId, quantity = 1, unitPrice = 0 }) {
  const cart = cartOf(customer);
  const known = cart.find((item) => item.itemId === id);
  if (known !== undefined) known.quantity += 1;
  else cart.push({ id, itemId: id, quantity, unitPrice });
  return cart.find((item) => item.itemId === id);
}

/** Whether the database listens; without it the service is up all the same, as the original. */
function databaseStatus() {
  const { CARTS_DB_HOST: host = 'carts-db' } = process.env;
  return new Promise((resolve) => {
    const socket = connect({ host, port: 27017, timeout: 500 });
    const answer = (status) => () => {
      socket.destroy();
      resolve(status);
    };
    socket.once('connect', answer('OK')).once('timeout', answer('err')).once('error', answer('err'));
  });
}

async function health() {
  const time = new Date().toISOString();
  const database = { service: 'carts-db', status: await databaseStatus(), time };
  return { health: [{ service: 'carts', status: 'OK', time }, database] };
}

function page() {
  const row = (name, value) => `<tr><td align="right">${name}:</td><td><strong>${value}</strong></td></tr>`;
  const env = (name) => process.env[name] ?? `No value found in environment variable ${name}`;
  return `<html><body><table><tbody>${[
    row('Pod name', env('POD_NAME')),
    row('Container image', env('CONTAINER_IMAGE')),
    row('Deployment name', env('DEPLOYMENT_NAME')),
    row('keptn project', env('KEPTN_PROJECT')),
    row('keptn stage', env('KEPTN_STAGE')),
    row('keptn service', env('KEPTN_SERVICE')),
    row('Version', `v${build}`),
    row('Delay in ms', delayInMillis),
    row('Promotion rate', promotionRate),
  ].join('')}</tbody></table></body></html>`;
}

const json = (body, code = 200) => ({ code, type: 'application/json', body: JSON.stringify(body) });
const text = (body, type = 'text/plain') => ({ code: 200, type, body });

/** Paths in the order in which they are tried; `handler` is the label of the original's metrics. */
const ROUTES = [
  ['GET', /^\/$/, 'VersionController.getInformation', () => text(page(), 'text/html')],
  ['GET', /^\/version$/, 'VersionController.getVersion', () => text(`Version = v${build}`)],
  ['GET', /^\/health$/, 'HealthCheckController.getHealth', async () => json(await health())],
  [
    'GET',
    /^\/carts\/[^/]+\/items\/health$/,
    'ItemsController.getHealth',
    () => text('OK - endpoint available'),
  ],
  [
    'GET',
    /^\/carts\/[^/]+\/items\/delay\/(\d+)$/,
    'ItemsController.setDelayInMillis',
    ([milliseconds]) => {
      delayInMillis = Number(milliseconds);
      return text('');
    },
  ],
  [
    'GET',
    /^\/carts\/[^/]+\/items\/promotion\/(\d+)$/,
    'ItemsController.setPromotionRate',
    ([rate]) => {
      promotionRate = Number(rate);
      return text('');
    },
  ],
  [
    'GET',
    /^\/carts\/([^/]+)\/items$/,
    'ItemsController.getItems',
    async ([customer]) => {
      await delay(delayInMillis);
      return json(cartOf(customer));
    },
  ],
  [
    'POST',
    /^\/carts\/([^/]+)\/items$/,
    'ItemsController.addToCart',
    async ([customer], body) => {
      await delay(delayInMillis);
      if (Math.random() * 100 < promotionRate) throw new Error('promotion campaign not yet implemented');
      return json(addToCart(customer, JSON.parse(body || '{}')), 201);
    },
  ],
  [
    'DELETE',
    /^\/carts\/([^/]+)\/items\/([^/]+)$/,
    'ItemsController.removeItem',
    ([customer, id]) => {
      carts.set(
        customer,
        cartOf(customer).filter((item) => item.itemId !== id),
      );
      return { code: 202, type: 'text/plain', body: '' };
    },
  ],
];

async function bodyOf(request) {
  let body = '';
  for await (const chunk of request) {
    body += chunk;
    if (body.length > 100_000) throw new Error('the body is too long');
  }
  return body;
}

async function answer(request) {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (/^\/(metrics|prometheus)$/.test(pathname)) return text(metrics(), 'text/plain; version=0.0.4');
  for (const [method, pattern, handler, run] of ROUTES) {
    const match = pattern.exec(pathname);
    if (match === null || request.method !== method) continue;
    const since = performance.now();
    const given = await Promise.resolve()
      .then(async () => run(match.slice(1), await bodyOf(request)))
      .catch((error) => json({ status: 500, message: error.message }, 500));
    observe(handler, given.code, performance.now() - since);
    return given;
  }
  return json({ status: 404, path: pathname }, 404);
}

const server = createServer(async (request, response) => {
  const given = await answer(request);
  response.writeHead(given.code, { 'content-type': given.type, 'x-version': options.version });
  response.end(given.body);
});
// Longer than a proxy keeps its connections: Node's 5 seconds would close one under a request that is on its way.
server.keepAliveTimeout = 3_900_000;
server.listen(Number(options.port), '0.0.0.0', () =>
  console.log(`carts v${build} listens on ${options.port}`),
);

process.once('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
  setInterval(() => server.closeIdleConnections(), 50).unref();
});
