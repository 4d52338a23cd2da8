import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { EffectContext } from '../platform/platform.ts';

/** Milliseconds between two heartbeats of a running effect: well below the shortest heartbeat timeout in use. */
const HEARTBEAT_INTERVAL_MS = 2_000;

/**
 * Runs an effect of a port inside an activity: progress becomes a heartbeat, the activity's cancellation becomes
 * the effect's signal, and heartbeats go on while the effect is silent, so that a cancellation always arrives.
 * An effect that broke off because of the cancellation ends as CancelledFailure.
 */
export async function inActivity<T>(effect: (context: EffectContext) => Promise<T>): Promise<T> {
  const activity = Context.current();
  const signal = activity.cancellationSignal;
  let latest = '';
  const progress = (text: string): void => {
    latest = text;
    activity.heartbeat(text);
  };
  const beat = setInterval(() => activity.heartbeat(latest), HEARTBEAT_INTERVAL_MS);
  try {
    return await effect({ signal, progress });
  } catch (error) {
    if (signal.aborted && !(error instanceof CancelledFailure)) await activity.cancelled;
    throw activityFailure(error);
  } finally {
    clearInterval(beat);
  }
}

/** The last progress that an earlier attempt of this activity told; undefined for the first attempt. */
export function earlierProgress(): string | undefined {
  const details: unknown = Context.current().info.heartbeatDetails;
  return typeof details === 'string' ? details : undefined;
}

/**
 * The failure that Temporal shall see for an error of a port: `…TerminalError`, `ConfigRefusedError` and
 * `ConfigNotFoundError` become non-retryable failures of that type, everything else is retried as it is.
 */
export function activityFailure(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ApplicationFailure) return error;
  if (!isTerminal(error)) return error;
  return ApplicationFailure.create({
    message: error.message,
    type: error.name,
    nonRetryable: true,
    cause: error,
  });
}

/** True when an error says that trying again cannot help. */
export function isTerminal(error: Error): boolean {
  return error.name.endsWith('TerminalError') || TERMINAL_CONFIG_ERRORS.has(error.name);
}

const TERMINAL_CONFIG_ERRORS: ReadonlySet<string> = new Set(['ConfigRefusedError', 'ConfigNotFoundError']);
