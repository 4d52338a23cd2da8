import type { Result } from '../contracts/events.ts';

/** Exit codes of every command, for CI jobs. */
export const EXIT = {
  /** Done; the outcome is a pass where there is one. */
  ok: 0,
  /** Done with a warning: the gate's verdict, findings of validate with --strict, an unanswered request. */
  warning: 1,
  /** The delivery, sequence or evaluation failed, was aborted or timed out; validate found errors. */
  fail: 2,
  /** The command itself could not do its work: wrong usage, unknown names, no API. */
  error: 3,
} as const;

/** Exit code for the verdict of a run. */
export function exitCodeFor(result: Result | undefined): number {
  switch (result) {
    case 'pass':
      return EXIT.ok;
    case 'warning':
      return EXIT.warning;
    case 'fail':
    case undefined:
      return EXIT.fail;
  }
}
