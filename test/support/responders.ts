import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { Activities } from '../../src/contracts/activities.ts';
import { type KeptnEvent, parseEventType } from '../../src/contracts/events.ts';
import { queueWorkflowId } from '../../src/contracts/ids.ts';
import { enqueueSignal, taskEventSignal } from '../../src/contracts/messages.ts';
import type { SequenceRequest } from '../../src/contracts/workflows.ts';
import { resolveSequence } from '../../src/sequence/follow-ups.ts';
import { RecordingActivities } from './recording-activities.ts';
import { runIdOf } from './requests.ts';

/** An answer of a responder to a task; `data` is added to what every Keptn event carries. */
export function answerTo(
  triggered: KeptnEvent,
  kind: 'started' | 'finished',
  data: { [key: string]: unknown } = {},
): KeptnEvent {
  const { project, stage, service } = triggered.data;
  return {
    ...triggered,
    id: randomUUID(),
    type: triggered.type.replace(/triggered$/, kind),
    source: 'test',
    triggeredid: triggered.id,
    data: { project, stage, service, status: 'succeeded', result: 'pass', ...data } as KeptnEvent['data'],
  };
}

/** Puts a run into its queue, as every trigger does. */
export async function enqueue(client: Client, taskQueue: string, request: SequenceRequest): Promise<void> {
  const { project, stage, service } = request.input;
  await client.workflow.signalWithStart('serviceQueue', {
    workflowId: queueWorkflowId(request.input),
    taskQueue,
    args: [{ project, stage, service }],
    signal: enqueueSignal,
    signalArgs: [request],
  });
}

/** Offers every task to a script of responders, and starts the follow-ups of every sequence that ends. */
export class ScriptedResponders {
  readonly recorded = new RecordingActivities();
  /** All runs that were asked for, the first one's request first. */
  readonly requests: SequenceRequest[] = [];
  readonly #answers: (triggered: KeptnEvent) => KeptnEvent[];
  #messages: Promise<unknown>[] = [];

  constructor(answers: (triggered: KeptnEvent) => KeptnEvent[]) {
    this.#answers = answers;
    this.recorded.executor = () => ({ kind: 'responders', names: ['test'] });
  }

  /** Activities for the worker; they talk to the runs through the client, as the server does. */
  activities(client: () => { client: Client; taskQueue: string }): Activities {
    const recording = this.recorded.all();
    return {
      ...recording,
      beginTask: async (request) => {
        const executor = await recording.beginTask(request);
        const run = client().client.workflow.getHandle(request.run.workflowId);
        for (const event of this.#answers(request.triggered)) {
          this.#messages.push(run.signal(taskEventSignal, { event }).catch(ifRunning));
        }
        return executor;
      },
      finishSequence: async (request) => {
        await recording.finishSequence(request);
        const ended = this.requests.find((known) => runIdOf(known) === request.run.workflowId);
        if (ended === undefined) throw new Error(`${request.run.workflowId} was never asked for`);
        for (const event of request.followUps)
          await this.trigger(client(), followUp(this.requests, ended, event));
      },
    };
  }

  async trigger(
    { client, taskQueue }: { client: Client; taskQueue: string },
    request: SequenceRequest,
  ): Promise<void> {
    this.requests.push(request);
    await enqueue(client, taskQueue, request);
  }

  /** Settles when all answers were taken by the server. */
  async answered(): Promise<void> {
    await Promise.all(this.#messages);
    this.#messages = [];
  }
}

/** A late answer may find its run at its end: the server says so, as it would to the HTTP server. */
function ifRunning(error: unknown): void {
  if (!/already completed|not found/.test(String(error))) throw error;
}

function followUp(requests: SequenceRequest[], ended: SequenceRequest, event: KeptnEvent): SequenceRequest {
  const parsed = parseEventType(event.type);
  if (parsed?.of !== 'sequence') throw new Error(`${event.type} is no trigger`);
  const { stage, sequence } = parsed;
  const resolved = resolveSequence(ended.shipyard, stage, sequence);
  if (!resolved.found) throw new Error(resolved.message);
  const known = requests.find(({ input }) => input.triggeredId === event.id);
  const earlier = requests.filter(
    ({ input }) =>
      input.keptnContext === ended.input.keptnContext && input.stage === stage && input.sequence === sequence,
  );
  return (
    known ?? {
      ...ended,
      occurrence: earlier.length + 1,
      input: {
        ...ended.input,
        stage,
        sequence,
        tasks: resolved.definition.tasks,
        triggeredId: event.id,
        triggerData: event.data,
      },
    }
  );
}
