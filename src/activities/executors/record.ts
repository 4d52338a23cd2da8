import type {
  BeginTaskRequest,
  Executor,
  RecordActivities,
  RecordRequest,
} from '../../contracts/activities.ts';
import { type KeptnEvent, parseEventType } from '../../contracts/events.ts';
import type { Store } from '../../store/store.ts';
import type { ActivityDependencies, FollowUpStarter } from './dependencies.ts';
import { activityFailure } from './effect-context.ts';
import type { ExecutorChoice } from './executor-choice.ts';

interface RecordDependencies {
  store: Store;
  runs: FollowUpStarter;
  choice: Pick<ExecutorChoice, 'of'>;
  reactions: ActivityDependencies['reactions'];
}

/** Writes what happens in a run to the store. Everything may be repeated: events are kept once by id. */
export function recordActivities({ store, runs, choice, reactions }: RecordDependencies): RecordActivities {
  const append = async (request: RecordRequest, events: KeptnEvent[], open: string[], close: string[]) => {
    const { workflowId } = request.run;
    await store.appendEvents(events, {
      openFor: [...new Set(open)].map((eventId) => ({ eventId, workflowId })),
      close: [...new Set([...(request.close ?? []), ...close])],
    });
  };
  return {
    beginTask: (request) =>
      retried(async () => {
        const executor = await choice.of(request);
        const { events, open } = beginning(request, executor);
        await append(request, events, open, await earlierTriggers(store, request));
        // Where the shipyard names the executor, nobody else shall act on the task.
        if (request.properties['x-executor'] === undefined)
          await reactions?.toTask(request.triggered, executor);
        await saveState(store, request);
        return executor;
      }),
    recordEvents: (request) =>
      retried(async () => {
        await append(request, request.events, request.open ?? [], ended(request.events));
        await saveState(store, request);
      }),
    finishSequence: (request) =>
      retried(async () => {
        await append(request, request.events, request.open ?? [], ended(request.events));
        // The follow-ups are known before this sequence counts as ended, so that the whole run never looks finished in between.
        for (const event of request.followUps) await runs.trigger(event);
        await saveState(store, request);
      }),
  };
}

/** Runs a write and marks what no retry can heal, so that the run learns of it. */
async function retried<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw activityFailure(error);
  }
}

/** Responders send `.started` themselves; all others are known to have begun. Only what is answered from outside is open. */
function beginning(request: BeginTaskRequest, executor: Executor): { events: KeptnEvent[]; open: string[] } {
  const { triggered, started } = request;
  const answeredOutside = executor.kind === 'responders' || executor.kind === 'webhook';
  return {
    events: [...request.events, triggered, ...(executor.kind === 'responders' ? [] : [started])],
    open: [...(request.open ?? []), ...(answeredOutside ? [triggered.id] : [])],
  };
}

/** Triggers of tasks that this run has behind it: integrations would be handed them again after a restart. */
async function earlierTriggers(store: Store, { run, triggered }: BeginTaskRequest): Promise<string[]> {
  const { project, stage, service, workflowId } = run;
  const open = await store.openTriggers({ project, stage, service });
  return open
    .filter((trigger) => trigger.workflowId === workflowId && trigger.event.id !== triggered.id)
    .filter(({ event }) => parseEventType(event.type)?.of === 'task')
    .map(({ event }) => event.id);
}

/** The `<stage>.<sequence>.triggered` events whose sequence has ended with one of these events. */
function ended(events: readonly KeptnEvent[]): string[] {
  return events.flatMap(({ type, triggeredid }) => {
    const parsed = parseEventType(type);
    return parsed?.of === 'sequence' && parsed.kind === 'finished' && triggeredid ? [triggeredid] : [];
  });
}

async function saveState(store: Store, { run, state }: RecordRequest): Promise<void> {
  if (state === undefined) return;
  const { project, stage, service, keptnContext, sequence, workflowId } = run;
  await store.saveSequenceState({
    project,
    stage,
    service,
    keptnContext,
    sequence,
    workflowId,
    ...state,
    time: new Date().toISOString(),
  });
}
