import { isEnd } from '../sequence/state-view.ts';
import type { SequenceStateRow } from '../store/store.ts';

/**
 * True when a new sequence of a context begins paused, by the states of its other sequences.
 *
 * Keptn 1.4.5: it does when the context is paused in its stage or as a whole. A pause of another stage leaves something going on, at
 * least the sequence that triggers this one; after a pause of the whole context nothing does.
 */
export function beginsPaused(
  rows: readonly Pick<SequenceStateRow, 'stage' | 'state'>[],
  stage: string,
): boolean {
  const active = rows.filter(({ state }) => !isEnd(state));
  const paused = active.filter(({ state }) => state === 'paused');
  if (paused.some((row) => row.stage === stage)) return true;
  return paused.length > 0 && paused.length === active.length;
}
