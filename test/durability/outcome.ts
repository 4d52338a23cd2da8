import type { SequenceOutcome } from '../../src/contracts/workflows.ts';
import type { Happening, World } from './world.ts';

/** What must be the same of a service with and without kills. */
export interface Outcome {
  results: Pick<SequenceOutcome, 'outcome' | 'status' | 'result'>[];
  /** Event types with their stages, in the order in which they were stored. */
  events: string[];
  /** What was done to the running service, in order. */
  changes: string[];
  /** Sequences that were started by others. */
  started: string[];
  /** Last value of everything that has a level: traffic weights, versions of both sides. */
  levels: { [name: string]: string };
}

/** Reads the outcome of a story from its runs and its world. */
export function outcomeOf(results: SequenceOutcome[], world: World): Outcome {
  const happenings = world.read();
  const of = (kind: Happening['kind']): string[] =>
    happenings.filter((happening) => happening.kind === kind).map(({ what }) => what);
  const levels: Outcome['levels'] = {};
  for (const { kind, key, what } of happenings) {
    const [name = '', value = ''] = what.split(' ');
    if (kind === 'change' && key.includes('#')) levels[name] = value;
  }
  return {
    results: results.map(({ outcome, status, result }) => ({ outcome, status, result })),
    events: of('event'),
    changes: of('change'),
    started: of('start'),
    levels,
  };
}
