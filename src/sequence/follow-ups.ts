import { sequenceEventType } from '../contracts/events.ts';
import type { JsonObject } from './json.ts';
import { copyObject } from './merge.ts';
import type { Result, SequenceDefinition, Shipyard, TriggeredOn } from './types.ts';

/** The end of a sequence, as triggers look at it. */
export interface FinishedSequence {
  stage: string;
  sequence: string;
  result: Result;
  /** The last executed task; only its name can be used in a selector. */
  lastTask?: { name: string };
  /** The payload to hand on (`forward` of the finishSequence command). */
  forward: JsonObject;
}

/** A sequence that another one's end triggers. */
export interface FollowUp {
  stage: string;
  sequence: string;
  /** `sh.keptn.event.<stage>.<sequence>.triggered` */
  type: string;
  data: JsonObject;
}

/**
 * The sequences that a finished sequence triggers, in file order; two matching triggers of one sequence
 * trigger it twice (Keptn 1.4.5). Not to be asked for a sequence that timed out, was aborted or never started.
 */
export function followUps(shipyard: Shipyard, finished: FinishedSequence): FollowUp[] {
  const event = `${finished.stage}.${finished.sequence}.finished`;
  const found: FollowUp[] = [];
  for (const stage of shipyard.stages) {
    for (const sequence of stage.sequences) {
      for (const trigger of sequence.triggeredOn) {
        if (trigger.event !== event || !selects(trigger, finished)) continue;
        found.push({
          stage: stage.name,
          sequence: sequence.name,
          type: sequenceEventType(stage.name, sequence.name, 'triggered'),
          data: { ...copyObject(finished.forward), stage: stage.name },
        });
      }
    }
  }
  return found;
}

/**
 * True when a trigger's selector accepts the end of a sequence.
 *
 * Keptn 1.4.5: without a selector, result pass or warning; with one, `result` OR `<last task>.result` equals
 * the result. All other keys are ignored.
 */
export function selects(
  trigger: TriggeredOn,
  finished: Pick<FinishedSequence, 'result' | 'lastTask'>,
): boolean {
  const match = trigger.match ?? {};
  const { result, lastTask } = finished;
  if (Object.keys(match).length === 0) return result === 'pass' || result === 'warning';
  if (Object.hasOwn(match, 'result') && match.result === result) return true;
  const key = `${lastTask?.name ?? ''}.result`;
  return lastTask !== undefined && Object.hasOwn(match, key) && match[key] === result;
}

/** The definition of a sequence to start, or Keptn's words for why it cannot start. */
export type ResolvedSequence =
  | { found: true; definition: SequenceDefinition }
  | { found: false; message: string };

/**
 * Looks a sequence up for a start; the first of that name wins. Every stage has an `evaluation` sequence with
 * the single task `evaluation`, unless it defines its own (Keptn 1.4.5).
 */
export function resolveSequence(shipyard: Shipyard, stage: string, sequence: string): ResolvedSequence {
  const unable = `Unable to start sequence ${sequence}`;
  const stageDefinition = shipyard.stages.find((candidate) => candidate.name === stage);
  if (stageDefinition === undefined) {
    return { found: false, message: `${unable}: no stage with name ${stage}` };
  }
  const definition =
    stageDefinition.sequences.find((candidate) => candidate.name === sequence) ?? builtIn(sequence);
  if (definition === undefined) {
    const message = `${unable}: no task sequence with name ${sequence} found in stage ${stage}`;
    return { found: false, message };
  }
  if (definition.tasks.length === 0) {
    return { found: false, message: `${unable}: task sequence ${sequence} does not contain any tasks` };
  }
  return { found: true, definition };
}

function builtIn(sequence: string): SequenceDefinition | undefined {
  if (sequence !== 'evaluation') return undefined;
  return { name: 'evaluation', triggeredOn: [], tasks: [{ name: 'evaluation' }] };
}
