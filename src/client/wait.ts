import { setTimeout as delay } from 'node:timers/promises';
import type { KeptnEvent } from '../contracts/events.ts';
import { NotFoundError, UnreachableError, WaitTimeoutError } from './errors.ts';
import { listEvents } from './events.ts';
import type { ApiHttp } from './http.ts';
import { hasEnded, type Run } from './run.ts';
import { readRunOf } from './runs.ts';

/** How to wait for a run. */
export interface WaitOptions {
  /** Called once for every event of the run, in order. */
  onEvent?: (event: KeptnEvent) => void;
  /** Called when the API cannot be reached for a moment; waiting goes on. */
  onUnreachable?: (error: UnreachableError) => void;
  /** Milliseconds; default: no limit. The run goes on when it is over. */
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Milliseconds between two looks. Default 1000. */
  pollMs?: number | undefined;
}

/** Events of the same moment can be stored a little later than others: look back this far, in milliseconds. */
const OVERLAP_MS = 5000;
/** How long a run may be unknown after its trigger, or the API away, before waiting gives up. */
const PATIENCE_MS = 60_000;
/** How long a finished run may lack the finished event of one of its sequences. */
const STRAGGLER_MS = 10_000;

/**
 * Follows a run through all its stages until nothing more will happen, and answers it with its verdict.
 * Throws WaitTimeoutError, the signal's reason, NotFoundError, UnauthorizedError, or UnreachableError after
 * a minute without the API.
 */
export async function waitForRun(
  http: ApiHttp,
  keptnContext: string,
  options: WaitOptions = {},
): Promise<Run> {
  const { timeoutMs, pollMs = 1000 } = options;
  const startedAt = Date.now();
  const follower = new Follower(http, keptnContext, options);
  for (;;) {
    options.signal?.throwIfAborted();
    const run = await follower.look();
    if (run !== undefined) return run;
    if (timeoutMs !== undefined && Date.now() - startedAt + pollMs > timeoutMs) {
      throw new WaitTimeoutError(
        `the run ${keptnContext} did not end within ${Math.round(timeoutMs / 1000)} s`,
        'it goes on; wait again with a longer time, or look at it with `slipway get sequences`',
      );
    }
    await delay(pollMs, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}

class Follower {
  readonly #http: ApiHttp;
  readonly #context: string;
  readonly #options: WaitOptions;
  readonly #events = new Map<string, KeptnEvent>();
  #newest = 0;
  #goodAt = Date.now();
  #endedAt: number | undefined;

  constructor(http: ApiHttp, context: string, options: WaitOptions) {
    this.#http = http;
    this.#context = context;
    this.#options = options;
  }

  /** One look: reports new events; the run once it is over. */
  async look(): Promise<Run | undefined> {
    try {
      const run = await this.#read();
      this.#goodAt = Date.now();
      return run;
    } catch (error) {
      const transient = error instanceof UnreachableError || error instanceof NotFoundError;
      if (!transient || Date.now() - this.#goodAt > PATIENCE_MS) throw error;
      if (error instanceof UnreachableError) this.#options.onUnreachable?.(error);
      return undefined;
    }
  }

  async #read(): Promise<Run | undefined> {
    await this.#collect();
    const run = await this.#assemble();
    if (!hasEnded(run.state)) {
      this.#endedAt = undefined;
      return undefined;
    }
    // The last events are stored before the state, so one more look has them all.
    await this.#collect();
    const whole = await this.#assemble();
    if (whole.result !== undefined) return whole;
    this.#endedAt ??= Date.now();
    return Date.now() - this.#endedAt > STRAGGLER_MS
      ? { ...whole, result: 'fail', status: 'unknown' }
      : undefined;
  }

  #assemble(): Promise<Run> {
    const time = (event: KeptnEvent) => Date.parse(event.time) || 0;
    const events = [...this.#events.values()].sort((a, b) => time(a) - time(b));
    return readRunOf(this.#http, this.#context, events, this.#options.signal);
  }

  async #collect(): Promise<void> {
    const fromTime = this.#newest === 0 ? undefined : new Date(this.#newest - OVERLAP_MS).toISOString();
    const filter = { keptnContext: this.#context, fromTime, signal: this.#options.signal };
    for (const event of (await listEvents(this.#http, filter)).reverse()) {
      if (this.#events.has(event.id)) continue;
      this.#events.set(event.id, event);
      this.#newest = Math.max(this.#newest, Date.parse(event.time) || 0);
      this.#options.onEvent?.(event);
    }
  }
}
