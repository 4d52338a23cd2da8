import { followUps } from './follow-ups.ts';
import { MAX_OCCURRENCES, tooManyOccurrences } from './limits.ts';
import type { FinishSequence, Shipyard } from './types.ts';
import type { Trigger } from './virtual-run.ts';

/** What the end of a run leads to. */
export interface Following {
  /** The sequences to start, in file order, each with the type of its event. */
  next: { trigger: Trigger; type: string }[];
  /** Why others are not started: they form an endless cycle. */
  cycles: string[];
}

/** The end of one run, the trigger that had started it, and the triggers of all runs so far. */
export interface EndedRun {
  trigger: Trigger;
  end: FinishSequence;
  earlier: readonly Trigger[];
}

/** The sequences that the end of a run triggers, without those that its context has run too often already. */
export function following(shipyard: Shipyard, { trigger, end, earlier }: EndedRun): Following {
  const { stage, sequence } = trigger;
  const { result, lastTask, forward } = end;
  const found = followUps(shipyard, { stage, sequence, result, forward, ...(lastTask ? { lastTask } : {}) });
  const next: Following['next'] = [];
  const cycles: string[] = [];
  for (const { type, ...followUp } of found) {
    const wanted = { ...trigger, ...followUp };
    const known = [...earlier, ...next.map((planned) => planned.trigger)];
    if (occurrences(wanted, known) < MAX_OCCURRENCES) next.push({ trigger: wanted, type });
    else cycles.push(tooManyOccurrences(followUp.stage, followUp.sequence));
  }
  return { next, cycles };
}

function occurrences(wanted: Trigger, known: readonly Trigger[]): number {
  return known.filter(
    ({ keptnContext, stage, service, sequence }) =>
      keptnContext === wanted.keptnContext &&
      stage === wanted.stage &&
      service === wanted.service &&
      sequence === wanted.sequence,
  ).length;
}
