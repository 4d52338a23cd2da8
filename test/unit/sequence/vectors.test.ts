import assert from 'node:assert/strict';
import { simulateLine } from '../../../src/cli/simulate/batch.ts';
import { parseShipyard } from '../../../src/files/shipyard.ts';
import { createSequence } from '../../../src/sequence/advance.ts';
import { completeTask } from '../../../src/sequence/aggregate.ts';
import { parseDuration } from '../../../src/sequence/duration.ts';
import type { Json, JsonObject } from '../../../src/sequence/json.ts';
import { mergeObjects } from '../../../src/sequence/merge.ts';
import { taskPayload } from '../../../src/sequence/payload.ts';
import type { CompletedTask, TaskDefinition, TaskEvent } from '../../../src/sequence/types.ts';
import { VirtualEngine } from '../../../src/sequence/virtual-engine.ts';
import { readVectors, type Vector, type VectorStep } from './vectors.ts';

const PREFIX = 'sh.keptn.event.';
const { cases, missing } = readVectors();

describe('shared shipyard vectors', () => {
  before(function () {
    if (missing === undefined) return;
    console.log(`      skipped: ${missing}`);
    this.skip();
  });

  for (const vector of cases) {
    it(`${vector.id} ${vector.name}`, () => checks[vector.kind](vector));
  }

  it('are all there', () => {
    const count = (kind: Vector['kind']): number => cases.filter((vector) => vector.kind === kind).length;
    assert.deepEqual(
      {
        flow: count('flow'),
        steps: count('steps'),
        complete: count('completeTask'),
        next: count('nextPayload'),
      },
      { flow: 43, steps: 12, complete: 9, next: 4 },
    );
  });
});

const checks: Record<Vector['kind'], (vector: Vector) => void> = {
  flow: checkFlow,
  steps: checkSteps,
  completeTask: checkCompleteTask,
  nextPayload: checkNextPayload,
};

function checkFlow({ id, shipyard, trigger, responses, expected }: Vector): void {
  const line = JSON.stringify({ id, shipyard: JSON.stringify(shipyard), trigger, responses });
  const answer = JSON.parse(JSON.stringify(simulateLine(line, 1)));
  assert.equal(answer.error, undefined);
  const fixed = expected.unorderedAfter ?? expected.order?.length ?? 0;
  assert.deepEqual(answer.order.slice(0, fixed), expected.order?.slice(0, fixed));
  assert.deepEqual(answer.events.slice(0, fixed), expected.events?.slice(0, fixed));
  const byStage = (events: JsonObject[]): JsonObject[] =>
    events.slice(fixed).sort((a, b) => String(a.stage).localeCompare(String(b.stage)));
  assert.deepEqual(byStage(answer.events), byStage(expected.events ?? []));
}

function checkCompleteTask({ input, expected }: Vector): void {
  const given = (
    input as unknown as {
      status: { currentTask: { name: string; triggeredId: string; events: GivenEvent[] } };
    }
  ).status.currentTask;
  const events = given.events.map((event, index): TaskEvent => {
    const finished = event.eventType.endsWith('.finished');
    const { result, status, properties } = event;
    return {
      kind: finished ? 'finished' : 'started',
      eventId: String(index),
      source: event.source,
      ...(finished ? { data: mergeObjects({ result, status }, properties ?? {}) } : {}),
    };
  });
  const task = { ...given, events, index: 0, phase: 'sent' as const, waitingForApproval: false };
  const completed = completeTask(task);
  // Upstream keeps result and status beside the properties; here they are a part of them.
  const { result: _result, status: _status, ...properties } = completed.properties ?? {};
  assert.deepEqual(
    {
      wantResult: completed.result,
      wantStatus: completed.status,
      wantPreviousTasks: [
        {
          name: completed.name,
          triggeredId: completed.triggeredId,
          result: completed.result,
          status: completed.status,
          properties: Object.keys(properties).length === 0 ? null : properties,
        },
      ],
    },
    expected,
  );
}

interface GivenEvent {
  eventType: string;
  source: string;
  result: string;
  status: string;
  properties?: JsonObject | null;
}

function checkNextPayload({ input, expected }: Vector): void {
  const given = input as unknown as {
    sequence: { name: string; tasks: TaskDefinition[] };
    status: { previousTasks: CompletedTask[] | null };
    scope: { eventData: { project: string; stage: string; service: string } };
    inputProperties: JsonObject;
  };
  const completed = given.status.previousTasks ?? [];
  const state = createSequence({
    ...given.scope.eventData,
    sequence: given.sequence.name,
    keptnContext: 'c',
    triggeredId: 't',
    tasks: given.sequence.tasks,
    triggerData: given.inputProperties,
    completed,
  });
  const next = given.sequence.tasks[completed.length] ?? { name: 'none' };
  assert.deepEqual(taskPayload(state, next), expected.want);
}

const STARTED_TIMEOUT = '10m';
const DURATIONS: Record<string, string> = {
  'TASK_STARTED_WAIT_DURATION + watcher interval': '11m',
  '10s + dispatch interval': '20s',
};

function checkSteps({ shipyard, steps, expected }: Vector): void {
  const parsed = parseShipyard(JSON.stringify(shipyard), { file: 'shipyard.yaml' }).shipyard;
  assert.ok(parsed);
  const engine = new VirtualEngine(parsed, { startedTimeoutMs: parseDuration(STARTED_TIMEOUT) ?? 0 });
  let error: string | undefined;
  for (const step of steps) error = play(engine, step) ?? error;
  for (const [context, state] of Object.entries(expected.finalStates ?? {})) {
    assert.equal(engine.overallState(context), state, context);
  }
  if (expected.error !== undefined) assert.match(error ?? '', new RegExp(`^${expected.error}`));
  if (expected.sent !== undefined) assert.deepEqual(engine.sent, []);
}

/** Plays one step; returns why an event was refused. */
function play(engine: VirtualEngine, step: VectorStep): string | undefined {
  const { context = '' } = step;
  switch (step.action) {
    case 'trigger': {
      const { stage = '', sequence = '', service = '' } = step;
      const scope = { project: 'p', stage, service };
      engine.trigger({ ...scope, keptnContext: context, sequence, data: scope });
      engine.settle();
      return undefined;
    }
    case 'event':
      return receive(engine, step);
    case 'control':
      engine.control(context, step.state as 'pause' | 'resume' | 'abort');
      return undefined;
    case 'wait':
      engine.wait(parseDuration(DURATIONS[step.duration ?? ''] ?? step.duration ?? '') ?? Number.NaN);
      return undefined;
    case 'expectState':
      assert.equal(engine.overallState(context), step.state);
      return undefined;
    case 'expectSent':
    case 'expectNotSent':
      checkSent(engine, step);
      return undefined;
    case 'expectOpenTriggered':
      assert.equal(engine.openTasks().filter(({ task }) => task === step.task).length, step.count);
      return undefined;
    default:
      throw new Error(`unknown step ${step.action}`);
  }
}

function receive(engine: VirtualEngine, step: VectorStep): string | undefined {
  const [task = '', kind] = (step.event ?? '').split('.');
  const { context = '', stage, source = 'svc', result, status } = step;
  const sent = engine.sent.findLast(
    (event) => event.keptnContext === context && event.type === `${PREFIX}${task}.triggered`,
  );
  const data: { [key: string]: Json } = {
    project: 'p',
    stage: stage ?? sent?.stage ?? '',
    service: sent?.service ?? 's',
    ...(result === undefined ? {} : { result }),
    ...(status === undefined ? {} : { status }),
  };
  assert.ok(kind === 'started' || kind === 'finished');
  return engine.receive(context, step.triggeredid ?? sent?.id ?? '', { kind, source, data });
}

function checkSent(engine: VirtualEngine, step: VectorStep): void {
  const { event, context, status, result, message } = step;
  const sent = engine.sent.filter(
    (candidate) => candidate.keptnContext === context && candidate.type === `${PREFIX}${event}`,
  );
  if (step.action === 'expectNotSent') {
    assert.deepEqual(sent, []);
    return;
  }
  assert.equal(sent.length, 1, `${event} in ${context}`);
  const wanted = Object.entries({ status, result, message }).filter(([, value]) => value !== undefined);
  for (const [key, value] of wanted) assert.equal(sent[0]?.data[key], value);
}
