import { Agent as HttpAgent, get as httpGet, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, get as httpsGet } from 'node:https';
import { createHistogram, performance, type RecordableHistogram } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

export interface HttpUsersPlan {
  target: URL;
  users: number;
  requestsPerUser: number;
  /** Milliseconds that a user waits after each answer. */
  thinkTime: number;
  durationSeconds?: number;
  requestsPerSecond?: number;
  /** Milliseconds after which a request counts as failed; default 30,000. */
  requestTimeout?: number;
  signal: AbortSignal;
}

/** Counts of a running test; latencies are recorded in microseconds. */
export interface HttpUsersRun {
  requests: number;
  errors: number;
  readonly latency: RecordableHistogram;
  /** First failure in plain words. */
  firstError?: string;
}

/**
 * Users that each send a request, read the answer to its end, think, and send the next, over kept connections. An answer of 400 and
 * above and a broken connection are errors, as JMeter counts them. Counts go into `run` while it works; an aborted signal throws.
 */
export async function runHttpUsers(plan: HttpUsersPlan, run: HttpUsersRun): Promise<void> {
  const secure = plan.target.protocol === 'https:';
  const agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: plan.users });
  const until = performance.now() + (plan.durationSeconds ?? Number.POSITIVE_INFINITY) * 1000;
  const pace = pacer(plan.requestsPerSecond);
  const get = (signal: AbortSignal) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const request = (secure ? httpsGet : httpGet)(plan.target, { agent, signal }, resolve);
      request.once('error', reject);
    });
  const user = async () => {
    for (let loop = 0; loop < plan.requestsPerUser; loop++) {
      await pause(pace(), plan.signal);
      plan.signal.throwIfAborted();
      if (performance.now() >= until) return;
      await sendOne(plan, run, get);
      await pause(plan.thinkTime, plan.signal);
    }
  };
  try {
    await Promise.all(Array.from({ length: plan.users }, user));
  } finally {
    agent.destroy();
  }
}

async function sendOne(
  plan: HttpUsersPlan,
  run: HttpUsersRun,
  get: (signal: AbortSignal) => Promise<IncomingMessage>,
): Promise<void> {
  const timeout = plan.requestTimeout ?? 30_000;
  const signal = AbortSignal.any([plan.signal, AbortSignal.timeout(timeout)]);
  const since = performance.now();
  let failure: string | undefined;
  try {
    const response = await get(signal);
    for await (const _chunk of response); // the answer counts when it has been read to its end
    const status = response.statusCode ?? 0;
    if (status >= 400) failure = `status ${status}`;
  } catch (error) {
    plan.signal.throwIfAborted();
    failure = signal.aborted ? `no answer within ${timeout} ms` : String(error);
  }
  run.latency.record(Math.max(1, Math.round((performance.now() - since) * 1000)));
  run.requests++;
  if (failure === undefined) return;
  run.errors++;
  run.firstError ??= failure;
}

/** Milliseconds that the next request has to wait for its turn, over all users. */
function pacer(requestsPerSecond: number | undefined): () => number {
  if (requestsPerSecond === undefined) return () => 0;
  let next = performance.now();
  return () => {
    const wait = next - performance.now();
    next = Math.max(next, performance.now() - 1000) + 1000 / requestsPerSecond;
    return wait;
  };
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds > 0) await delay(milliseconds, undefined, { signal });
}

/** An empty count. */
export function newRun(): HttpUsersRun {
  return { requests: 0, errors: 0, latency: createHistogram() };
}
