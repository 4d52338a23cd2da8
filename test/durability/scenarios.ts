import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { derivedId } from '../../src/client/derived-id.ts';
import type { KeptnEvent } from '../../src/contracts/events.ts';
import { togetherWorkflowId } from '../../src/contracts/ids.ts';
import { abortSignal, decideUpdate, taskEventSignal } from '../../src/contracts/messages.ts';
import type { SequenceRequest } from '../../src/contracts/workflows.ts';
import type { SequenceDefinition, Shipyard } from '../../src/sequence/types.ts';
import { eventually } from '../support/eventually.ts';
import { requestFor, runIdOf } from '../support/requests.ts';
import { followUpRequest } from './follow-up.ts';
import type { World } from './world.ts';

/** What the people and services outside see and can do while a scenario runs. */
export interface Outside {
  client: Client;
  world: World;
  request: SequenceRequest;
}

/** One story that must end the same way however often a part of Slipway is killed in it. */
export interface Scenario {
  name: string;
  /** A fresh request for a service that nobody else uses. */
  request(): SequenceRequest;
  /** What is started with it: runs of other services. */
  others?(request: SequenceRequest): SequenceRequest[];
  /** All runs that the story takes of one service, in their order. */
  runs(request: SequenceRequest): SequenceRequest[];
  /** What people and responders do meanwhile; every message is sent once. */
  outside(outside: Outside): Promise<void>;
}

const BLUE_GREEN = { name: 'deployment', properties: { deploymentstrategy: 'blue_green_service' } };

const deliver: Scenario = {
  name: 'deliver',
  request: () => requestOf([sequence('delivery', [BLUE_GREEN, 'test', 'evaluation', 'release'])]),
  runs: (request) => [request],
  outside: async () => undefined,
};

const approval: Scenario = {
  name: 'approval',
  request: () => requestOf([sequence('delivery', [BLUE_GREEN, 'approval', 'release'])]),
  runs: (request) => [request],
  outside: async ({ client, world, request }) => {
    const triggered = await triggeredTask(world, 'approval');
    const run = client.workflow.getHandle(runIdOf(request));
    // A person's click: refused while the run cannot take it, so the person clicks again.
    await eventually(
      'the approval is decided',
      () =>
        run
          .executeUpdate(decideUpdate, {
            args: [{ decision: 'approve', by: 'ada', reason: 'looks good' }],
            updateId: `${triggered.id}-${randomUUID()}`,
          })
          .then(() => true)
          .catch(() => hasFinished(world, triggered)),
      60_000,
    );
  },
};

const rollback: Scenario = {
  name: 'rollback',
  request: () => {
    const delivery = sequence('delivery', [BLUE_GREEN, 'test', 'evaluation', 'release']);
    const rollbackOn = { event: 'dev.delivery.finished', match: { result: 'fail' } };
    const request = requestOf([
      delivery,
      { ...sequence('rollback', ['rollback']), triggeredOn: [rollbackOn] },
    ]);
    return withData(request, { 'x-verdict': 'fail' });
  },
  runs: (request) => [request, followUpRequest(request, { stage: 'dev', sequence: 'rollback' })],
  outside: async () => undefined,
};

const abort: Scenario = {
  name: 'abort',
  request: () => requestOf([sequence('delivery', [BLUE_GREEN, 'smoke', 'release'])]),
  runs: (request) => [request],
  outside: async ({ client, world, request }) => {
    await triggeredTask(world, 'smoke');
    await client.workflow
      .getHandle(runIdOf(request))
      .signal(abortSignal, { by: 'ada', reason: 'wrong build' });
  },
};

const responder: Scenario = {
  name: 'responder',
  request: () => requestOf([sequence('delivery', ['test', 'smoke', 'release'])]),
  runs: (request) => [request],
  outside: async ({ client, world, request }) => {
    const triggered = await triggeredTask(world, 'smoke');
    const run = client.workflow.getHandle(runIdOf(request));
    for (const kind of ['started', 'finished'] as const) {
      await run.signal(taskEventSignal, { event: answerTo(triggered, kind) });
    }
  },
};

/** The first action does not help, the second does: the sequence triggers itself once. */
const remediation: Scenario = {
  name: 'remediation',
  request: () => {
    const again = { event: 'dev.remediation.finished', match: { 'evaluation.result': 'fail' } };
    const loop = { ...sequence('remediation', ['get-action', 'action', 'evaluation']), triggeredOn: [again] };
    const { input, ...request } = requestOf([loop]);
    const triggerData = { ...input.triggerData, problem: { problemTitle: 'slow' } };
    return { ...request, input: { ...input, sequence: 'remediation', triggerData } };
  },
  runs: (request) => [
    request,
    followUpRequest(request, { stage: 'dev', sequence: 'remediation', occurrence: 2 }),
  ],
  outside: async () => undefined,
};

/** Two services; the verdict of the second one decides for both. */
function inGroup(name: string, verdict: 'pass' | 'fail', runs: Scenario['runs']): Scenario {
  const rollbackOn = { event: 'dev.delivery.finished', match: { result: 'fail' } };
  return {
    name,
    request: () => {
      const request = requestOf([
        sequence('delivery', [BLUE_GREEN, 'evaluation', 'release']),
        { ...sequence('rollback', ['rollback']), triggeredOn: [rollbackOn] },
      ]);
      const id = randomUUID();
      const services = [request.input.service, `orders-${id}`];
      const workflowId = togetherWorkflowId({
        project: 'sockshop',
        group: id,
        stage: 'dev',
        sequence: 'delivery',
      });
      return { ...request, together: { workflowId, services, task: 1 } };
    },
    others: (request) => {
      const { input, together } = request;
      const service = together?.services[1] ?? '';
      const triggerData = { ...input.triggerData, service, 'x-verdict': verdict };
      const own = {
        service,
        triggerData,
        keptnContext: derivedId(input.keptnContext, service),
        triggeredId: randomUUID(),
      };
      return [{ ...request, input: { ...input, ...own } }];
    },
    runs,
    outside: async () => undefined,
  };
}

const together = inGroup('together', 'pass', (request) => [request]);
const heldBack = inGroup('held-back', 'fail', (request) => [
  request,
  followUpRequest(request, { stage: 'dev', sequence: 'rollback' }),
]);

export const SCENARIOS: readonly Scenario[] = [
  ...[deliver, approval, rollback, abort, responder],
  ...[remediation, together, heldBack],
];

function sequence(name: string, tasks: Parameters<typeof requestFor>[0]): SequenceDefinition {
  return {
    name,
    triggeredOn: [],
    tasks: tasks.map((task) => (typeof task === 'string' ? { name: task } : task)),
  };
}

function requestOf(sequences: SequenceDefinition[]): SequenceRequest {
  const service = `carts-${randomUUID()}`;
  const shipyard: Shipyard = { apiVersion: 'spec.keptn.sh/0.2.3', stages: [{ name: 'dev', sequences }] };
  const triggerData = { project: 'sockshop', stage: 'dev', service };
  return requestFor(sequences[0]?.tasks ?? [], { shipyard, input: { service, triggerData } });
}

function withData(request: SequenceRequest, data: { [key: string]: string }): SequenceRequest {
  return { ...request, input: { ...request.input, triggerData: { ...request.input.triggerData, ...data } } };
}

function triggeredTask(world: World, task: string): Promise<KeptnEvent> {
  const type = `sh.keptn.event.${task}.triggered`;
  return eventually(`${type} is stored`, () => world.events().find((event) => event.type === type), 60_000);
}

function hasFinished(world: World, triggered: KeptnEvent): boolean {
  return world
    .events()
    .some((event) => event.triggeredid === triggered.id && event.type.endsWith('.finished'));
}

function answerTo(triggered: KeptnEvent, kind: 'started' | 'finished'): KeptnEvent {
  const { project, stage, service } = triggered.data;
  return {
    ...triggered,
    id: randomUUID(),
    type: triggered.type.replace(/triggered$/, kind),
    source: 'smoke-service',
    triggeredid: triggered.id,
    data: { project, stage, service, status: 'succeeded', result: 'pass' },
  };
}
