import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import type { Side } from '../../activities/platform/platform.ts';
import type { Weights } from '../../activities/traffic/traffic-router.ts';
import { listenOn } from '../ports.ts';
import type { Replica } from './replica-set.ts';

/** Response header that tells which side has answered. */
export const SIDE_HEADER = 'x-slipway-side';

/** Headers of one connection, which a proxy must not pass on (RFC 9110, 7.6.1). */
const HOP_BY_HOP = new Set([
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade'],
]);

/** Where a request goes; asked once per request, so that a change of weights holds from one request to the next. */
export type Route = () => { side: Side; replica: Replica | undefined };

export interface WeightedProxy {
  readonly port: number;
  close(): Promise<void>;
}

/** Spreads requests over the sides by weight, evenly: of 100 requests in a row each side gets exactly its percentage. */
export function weightedChoice(weights: () => Weights): () => Side {
  let credit = 0;
  return () => {
    const { primary, canary } = weights();
    if (canary === 0 || primary === 0) {
      credit = 0;
      return canary === 0 ? 'primary' : 'canary';
    }
    credit += canary;
    if (credit < 100) return 'primary';
    credit -= 100;
    return 'canary';
  };
}

/** Starts the one listening port of a service; 0 takes any. Throws PortInUseError. */
export async function startWeightedProxy(name: string, port: number, route: Route): Promise<WeightedProxy> {
  const server = createServer((incoming, outgoing) => handle(incoming, outgoing, route));
  // Longer than the clients' own: a connection that the server closes just when a request is sent loses that request.
  server.keepAliveTimeout = 75_000;
  server.requestTimeout = 0;
  const bound = await listenOn(server, name, port);
  return {
    port: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 1000).unref();
      }),
  };
}

function handle(incoming: IncomingMessage, outgoing: ServerResponse, route: Route): void {
  const { side, replica } = route();
  outgoing.setHeader(SIDE_HEADER, side);
  if (replica === undefined) {
    incoming.resume();
    outgoing.writeHead(503, { 'content-type': 'text/plain' });
    outgoing.end(`no process of the ${side} side is ready\n`);
    return;
  }
  replica.inFlight++;
  outgoing.once('close', () => {
    replica.inFlight--;
  });
  forward(incoming, outgoing, replica, true);
}

function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  replica: Replica,
  mayRetry: boolean,
): void {
  const upstream = request({
    host: '127.0.0.1',
    port: replica.port,
    method: incoming.method,
    path: incoming.url,
    headers: { ...passedOn(incoming.headers), 'x-forwarded-for': incoming.socket.remoteAddress ?? '' },
    agent: mayRetry ? replica.agent : false,
    setHost: false,
  });
  const abandon = () => upstream.destroy();
  outgoing.once('close', abandon);
  upstream.once('response', (response) => {
    outgoing.writeHead(response.statusCode ?? 502, response.statusMessage, passedOn(response.headers));
    response.once('error', () => outgoing.destroy());
    response.once('aborted', () => outgoing.destroy());
    response.pipe(outgoing);
  });
  upstream.once('error', (error) => {
    outgoing.off('close', abandon);
    if (outgoing.destroyed || outgoing.headersSent) return void outgoing.destroy();
    // The server closed a kept connection just when it was used again: the request has not been looked at.
    if (mayRetry && upstream.reusedSocket && !hasBody(incoming)) {
      forward(incoming, outgoing, replica, false);
      return;
    }
    outgoing.writeHead(502, { 'content-type': 'text/plain' });
    outgoing.end(`the process did not answer: ${error.message}\n`);
  });
  if (hasBody(incoming)) incoming.pipe(upstream);
  else upstream.end();
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function passedOn(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = new Set(
    String(headers.connection ?? '')
      .toLowerCase()
      .split(/\s*,\s*/),
  );
  const kept = Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name) && !named.has(name));
  return Object.fromEntries(kept);
}
