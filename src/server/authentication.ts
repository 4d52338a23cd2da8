import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from './errors.ts';

/** Paths that load balancers, probes and browsers ask without a token. */
const OPEN_PATHS = new Set(['/', '/health', '/ready', '/bridge']);

const BURST = 2;
const PER_SECOND = 1;
const MAX_ADDRESSES = 10_000;

/** Wrong tokens per address: two at once, then one per second (Keptn 1.4.5); right ones are never held up. */
export class WrongTokenLimit {
  readonly #buckets = new Map<string, { tokens: number; at: number }>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** True when this wrong token is one too many. */
  exceeded(address: string): boolean {
    const now = this.#now();
    const bucket = this.#buckets.get(address) ?? { tokens: BURST, at: now };
    const tokens = Math.min(BURST, bucket.tokens + ((now - bucket.at) / 1000) * PER_SECOND);
    if (this.#buckets.size >= MAX_ADDRESSES) this.#buckets.clear();
    this.#buckets.set(address, { tokens: Math.max(0, tokens - 1), at: now });
    return tokens < 1;
  }
}

/** Compares in constant time, also for tokens of another length. */
export function sameToken(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** Refuses requests without the token in `x-token`, or in `Authorization: Bearer` as Alertmanager sends it. */
export function requireToken(
  token: string,
  limit = new WrongTokenLimit(),
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  return async (request) => {
    const path = request.url.split('?', 1)[0] ?? '';
    if (OPEN_PATHS.has(path) || path.startsWith('/bridge/')) return;
    if (givenTokens(request).some((given) => sameToken(given, token))) return;
    if (limit.exceeded(request.ip)) throw new ApiError(429, 'too many requests');
    throw new ApiError(
      401,
      path === '/v1/auth' ? 'incorrect api key auth' : 'unauthenticated or invalid credentials',
    );
  };
}

/** With OAuth, Keptn's clients send both headers; either may hold the token. */
function givenTokens(request: FastifyRequest): string[] {
  const header = request.headers['x-token'];
  const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  return [Array.isArray(header) ? header[0] : header, bearer].filter((given) => given !== undefined);
}
