import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { EffectContext } from '../platform/platform.ts';
import type { LoadRequest, LoadResult, LoadTool } from './load-tool.ts';
import { readTarget } from './target.ts';

const TRIES = 3;
const CONNECT_MS = 5000;

/** Connects to the target, in three tries, and sends nothing: what jmeter-service did before each test. */
export class ReachCheck implements LoadTool {
  readonly #interval: number;

  /** Milliseconds between the tries; default 5,000, as jmeter-service waited. */
  constructor(interval = 5000) {
    this.#interval = interval;
  }

  async run({ target }: LoadRequest, context: EffectContext): Promise<LoadResult> {
    const url = readTarget(target);
    const start = new Date();
    const reached = await this.#reaches(url, context);
    const message = reached
      ? `${url.href} accepts connections`
      : `The address ${url.href} cannot be reached: no connection in ${TRIES} tries`;
    const result = reached ? 'pass' : 'fail';
    return { ...nothingMeasured(start), result, message };
  }

  async #reaches(url: URL, { signal, progress }: EffectContext): Promise<boolean> {
    const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      signal.throwIfAborted();
      if (await accepts(url.hostname, port)) return true;
      progress(`${url.href} does not accept connections (try ${attempt} of ${TRIES})`);
      if (attempt < TRIES) await delay(this.#interval, undefined, { signal });
    }
    return false;
  }
}

/** A window from `start` to now without a request in it. */
export function nothingMeasured(start: Date): Omit<LoadResult, 'result' | 'message'> {
  return {
    start: start.toISOString(),
    end: new Date().toISOString(),
    requests: 0,
    errors: 0,
    latency: { average: 0, p50: 0, p90: 0, p95: 0, p99: 0, max: 0 },
  };
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: host.replace(/^\[|\]$/g, ''), port, timeout: CONNECT_MS });
    const end = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false));
  });
}
