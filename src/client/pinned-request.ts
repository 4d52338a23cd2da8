import type { KeptnEvent } from '../contracts/events.ts';
import { togetherWorkflowId } from '../contracts/ids.ts';
import type { DefaultTimeouts, SequenceRequest } from '../contracts/workflows.ts';
import { formatProblem, hasErrors } from '../files/problem.ts';
import { parseShipyard } from '../files/shipyard.ts';
import { resolveSequence } from '../sequence/follow-ups.ts';
import { heldTask, readGroup } from '../sequence/together.ts';
import type { Concurrency, Shipyard, StartLimits } from '../sequence/types.ts';

/** Ten minutes until somebody starts a task (Keptn 1.4.5), and a day until it is done (Keptn waited for ever). */
export const DEFAULT_TIMEOUTS: DefaultTimeouts = { startedMs: 600_000, finishedMs: 86_400_000 };

/** The sequence that a `<stage>.<sequence>.triggered` event asks for. */
export interface TriggerTarget {
  stage: string;
  sequence: string;
}

/** A request that can be enqueued, or in Keptn's words why the sequence cannot start. */
export type PinnedSequence =
  | { found: true; request: SequenceRequest; limits: StartLimits }
  | { found: false; message: string };

/** What the definition is pinned from. */
export interface PinnedFrom {
  /** Text of shipyard.yaml; undefined when there is none. */
  shipyard: string | undefined;
  timeouts: DefaultTimeouts;
}

/** Pins the definition of a sequence in a request for its first run in a context, so that editing the shipyard never changes a run in flight. */
export function pinSequence(event: KeptnEvent, target: TriggerTarget, from: PinnedFrom): PinnedSequence {
  const parsed = readShipyard(from.shipyard);
  if ('problem' in parsed) {
    return { found: false, message: `Unable to start sequence ${target.sequence}: ${parsed.problem}` };
  }
  const { shipyard } = parsed;
  const resolved = resolveSequence(shipyard, target.stage, target.sequence);
  if (!resolved.found) return resolved;
  const { tasks, timeoutMs, limits = {} } = resolved.definition;
  const { project, service } = event.data;
  const group = readGroup(event.data);
  if (group !== undefined && 'problem' in group) {
    return { found: false, message: `Unable to start sequence ${target.sequence}: ${group.problem}` };
  }
  const held = group === undefined ? undefined : heldTask(shipyard, { ...target, tasks });
  const { concurrency: own } = resolved.definition;
  const concurrency = held === undefined ? own : keepingItsPlace(own);
  return {
    found: true,
    limits,
    request: {
      input: {
        project,
        stage: target.stage,
        service,
        sequence: target.sequence,
        keptnContext: event.shkeptncontext,
        triggeredId: event.id,
        tasks,
        triggerData: event.data,
        ...(event.gitcommitid ? { gitCommitId: event.gitcommitid } : {}),
        ...(shipyard.payloadNumbers === undefined ? {} : { payloadNumbers: shipyard.payloadNumbers }),
        ...(concurrency === undefined ? {} : { concurrency }),
      },
      shipyard,
      occurrence: 1,
      defaults: from.timeouts,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(group === undefined || held === undefined
        ? {}
        : {
            together: {
              workflowId: togetherWorkflowId({ project, group: group.id, ...target }),
              services: group.services,
              task: held,
            },
          }),
    },
  };
}

/** Runs that wait for other services keep their places in all queues: one that came later must not stand before them. */
function keepingItsPlace(concurrency: Concurrency = { mode: 'queue', hold: [] }): Concurrency {
  return { ...concurrency, hold: ['approval', 'pause', 'delay'] };
}

/** The shipyard of a project, or in Keptn's words why it cannot be used. */
export function readShipyard(text: string | undefined): { shipyard: Shipyard } | { problem: string } {
  const unable = 'Unable to retrieve Shipyard file';
  if (text === undefined) return { problem: `${unable}: shipyard.yaml is not there` };
  const { shipyard, problems } = parseShipyard(text, { file: 'shipyard.yaml' });
  if (shipyard !== undefined && !hasErrors(problems)) return { shipyard };
  const errors = problems.filter(({ severity }) => severity === 'error').map(formatProblem);
  return { problem: `${unable}: ${errors.join('; ')}` };
}
