import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { KeptnEvent } from '../../src/contracts/events.ts';
import { queueWorkflowId } from '../../src/contracts/ids.ts';
import type { SequenceOutcome, SequenceRequest } from '../../src/contracts/workflows.ts';
import type { SequenceDefinition, Shipyard } from '../../src/sequence/types.ts';
import { eventually } from '../support/eventually.ts';
import { requestFor, runIdOf } from '../support/requests.ts';
import { answerTo, ScriptedResponders } from '../support/responders.ts';
import { temporal, withWorker } from '../support/temporal.ts';

const RUNS = Number(process.env.FUZZ_RUNS ?? 15);
const RESULTS = ['pass', 'warning', 'fail'] as const;

describe('random shipyards with random responders', function () {
  this.timeout(180_000);
  before(() => temporal());

  it('start no task twice, keep the order of the queue, and end every run', async () => {
    await fc.assert(fc.asyncProperty(shipyards, scripts, fc.integer({ min: 1, max: 4 }), tell), {
      numRuns: RUNS,
      endOnFailure: true,
    });
  });
});

/** Tasks and triggers of sequences that can only be triggered by earlier ones, so that every shipyard ends. */
const shipyards: fc.Arbitrary<Shipyard> = fc
  .array(
    fc.record({
      stage: fc.constantFrom('dev', 'hardening', 'production'),
      tasks: fc.array(fc.constantFrom('build', 'smoke', 'check', 'Check'), { minLength: 1, maxLength: 3 }),
      triggers: fc.array(
        fc.record({ of: fc.nat(5), match: fc.option(fc.constantFrom(...RESULTS), { nil: undefined }) }),
        { maxLength: 2 },
      ),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((drafts) => {
    const names = drafts.map(({ stage }, index) => ({ stage, name: `sequence${index}` }));
    const sequences = drafts.map(({ tasks, triggers }, index): SequenceDefinition => {
      const earlier = names.slice(0, index);
      return {
        name: `sequence${index}`,
        tasks: tasks.map((name) => ({ name })),
        triggeredOn: triggers.flatMap(({ of, match }) => {
          const source = earlier[of % Math.max(1, earlier.length)];
          if (source === undefined) return [];
          const event = `${source.stage}.${source.name}.finished`;
          return [{ event, ...(match === undefined ? {} : { match: { result: match } }) }];
        }),
      };
    });
    const stages = [...new Set(names.map(({ stage }) => stage))];
    return {
      apiVersion: 'spec.keptn.sh/0.2.3',
      stages: stages.map((stage) => ({
        name: stage,
        sequences: sequences.filter((_sequence, index) => names[index]?.stage === stage),
      })),
    };
  });

/** How the responders of a task behave: how many they are, in which order they talk, and what they get wrong. */
const scripts = fc.array(
  fc.record({
    responders: fc.integer({ min: 1, max: 3 }),
    result: fc.constantFrom(...RESULTS),
    order: fc.array(fc.nat(), { minLength: 6, maxLength: 6 }),
    twice: fc.boolean(),
    stray: fc.constantFrom('none', 'unknown task', 'wrong type', 'hostile keys', 'no data', 'nothing'),
  }),
  { minLength: 1, maxLength: 5 },
);
type Script = (typeof scripts extends fc.Arbitrary<(infer T)[]> ? T : never) & object;

function answersOf(script: Script, triggered: KeptnEvent): KeptnEvent[] {
  const { responders, result, order, twice, stray } = script;
  const hostile = JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}');
  const events = Array.from({ length: responders }).flatMap(() => [
    answerTo(triggered, 'started'),
    answerTo(triggered, 'finished', {
      result,
      ...(stray === 'hostile keys' ? { [triggered.type]: hostile } : {}),
    }),
  ]);
  // Whatever came first may complete the task; the rest is late then.
  const shuffled = events
    .map((event, index) => ({ event, place: order[index] ?? 0 }))
    .sort((a, b) => a.place - b.place)
    .map(({ event }) => event);
  return [...strayEvents(stray, triggered), ...shuffled, ...(twice ? shuffled : [])];
}

function strayEvents(stray: Script['stray'], triggered: KeptnEvent): KeptnEvent[] {
  const finished = answerTo(triggered, 'finished');
  switch (stray) {
    case 'unknown task':
      return [{ ...finished, triggeredid: randomUUID() }];
    case 'wrong type':
      return [{ ...finished, type: 'sh.keptn.event.finished' }];
    case 'no data':
      return [{ ...finished, data: undefined } as unknown as KeptnEvent];
    case 'nothing':
      return [undefined as unknown as KeptnEvent];
    default:
      return [];
  }
}

async function tell(shipyard: Shipyard, script: Script[], triggers: number): Promise<void> {
  let asked = 0;
  const responders = new ScriptedResponders((triggered) => {
    const next = script[asked++ % script.length];
    return next === undefined ? [] : answersOf(next, triggered);
  });
  let context: Parameters<Parameters<typeof withWorker>[1]>[0] | undefined;
  const activities = responders.activities(() => {
    if (context === undefined) throw new Error('no worker yet');
    return context;
  });
  await withWorker(activities, async (running) => {
    context = running;
    const first = firstRequests(shipyard, triggers);
    await Promise.all(first.map((request) => responders.trigger(running, request)));
    await allEnded(running.client, responders);
    await responders.answered();
  });
  check(responders);
}

/** Several contexts of one service at the same instant. */
function firstRequests(shipyard: Shipyard, triggers: number): SequenceRequest[] {
  const service = `carts-${randomUUID()}`;
  const [stage] = shipyard.stages;
  const [sequence] = stage?.sequences ?? [];
  assert.ok(stage && sequence);
  const triggerData = { project: 'sockshop', stage: stage.name, service };
  return Array.from({ length: triggers }, () =>
    requestFor(sequence.tasks, {
      shipyard,
      input: { service, stage: stage.name, sequence: sequence.name, triggerData },
    }),
  );
}

async function allEnded(
  client: Parameters<ScriptedResponders['trigger']>[0]['client'],
  { requests }: ScriptedResponders,
): Promise<void> {
  // Follow-ups are added while earlier runs end.
  for (let index = 0; index < requests.length; index += 1) {
    const request = requests[index];
    if (request === undefined) continue;
    const run = client.workflow.getHandle(runIdOf(request));
    await eventually(
      `${run.workflowId} has ended`,
      async () => {
        const status = await run.describe().catch(() => undefined);
        return status?.status.name === 'COMPLETED';
      },
      30_000,
    );
    const { outcome } = (await run.result()) as SequenceOutcome;
    assert.equal(outcome, 'finished');
  }
  for (const id of new Set(requests.map(({ input }) => queueWorkflowId(input)))) {
    await client.workflow.getHandle(id).result();
  }
}

function check({ recorded, requests }: ScriptedResponders): void {
  const ends = new Map<string, number>();
  for (const request of requests) {
    const { input, occurrence } = request;
    const triggered = recorded.events.filter((event) => isTaskOf(event, request, requests));
    const names = triggered.map(({ type }) => type.replace(/^sh\.keptn\.event\.|\.triggered$/g, ''));
    if (occurrence === 1) {
      const defined = input.tasks.map(({ name }) => name);
      assert.deepEqual(names, defined.slice(0, names.length), `order of ${runIdOf(request)}`);
    }
    const finished = recorded.events.filter(({ triggeredid }) => triggeredid === input.triggeredId);
    assert.equal(finished.length, 1, `${runIdOf(request)} finished once`);
    const end = recorded.events.indexOf(finished[0] as KeptnEvent);
    ends.set(runIdOf(request), end);
  }
  for (const earlier of requests) {
    for (const later of requests.slice(requests.indexOf(earlier) + 1))
      inOrder(earlier, later, { recorded, requests });
  }
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
}

/** Two contexts in one queue never work at the same time. */
function inOrder(
  one: SequenceRequest,
  other: SequenceRequest,
  { recorded, requests }: Pick<ScriptedResponders, 'recorded' | 'requests'>,
): void {
  const sameQueue = queueWorkflowId(one.input) === queueWorkflowId(other.input);
  if (!sameQueue || one.input.keptnContext === other.input.keptnContext) return;
  const span = (request: SequenceRequest): [number, number] => {
    const places = recorded.events.flatMap((event, place) =>
      isTaskOf(event, request, requests) || event.triggeredid === request.input.triggeredId ? [place] : [],
    );
    return [Math.min(...places), Math.max(...places)];
  };
  const [[from, to], [otherFrom, otherTo]] = [span(one), span(other)];
  assert.ok(to < otherFrom || otherTo < from, `${runIdOf(one)} and ${runIdOf(other)} overlap`);
}

/** Tasks of contexts that ran one sequence several times cannot be told apart by their events; they count for the first. */
function isTaskOf(
  event: KeptnEvent,
  { input, occurrence }: SequenceRequest,
  requests: SequenceRequest[],
): boolean {
  const { keptnContext, stage } = input;
  const alone = !requests.some(
    (other) =>
      other.input.keptnContext === keptnContext && other.input.stage === stage && other.input !== input,
  );
  return (
    alone &&
    occurrence === 1 &&
    event.shkeptncontext === keptnContext &&
    event.data.stage === stage &&
    /^sh\.keptn\.event\.[^.]+\.triggered$/.test(event.type)
  );
}
