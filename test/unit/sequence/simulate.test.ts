import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MAX_OCCURRENCES } from '../../../src/sequence/limits.ts';
import { type ScriptedEvent, type ScriptedResponse, simulate } from '../../../src/sequence/simulate.ts';
import type { Result, SequenceDefinition, Shipyard, TriggeredOn } from '../../../src/sequence/types.ts';
import { VirtualEngine } from '../../../src/sequence/virtual-engine.ts';

const STAGES = ['dev', 'staging', 'production'];
const SEQUENCES = ['delivery', 'rollback'];
const TASKS = ['deployment', 'test', 'evaluation', 'approval'];
const scope = { project: 'p', stage: 'dev', service: 's' };
const trigger = { ...scope, sequence: 'delivery', data: scope };

const result = fc.constantFrom<Result>('pass', 'warning', 'fail');
const triggeredOn: fc.Arbitrary<TriggeredOn> = fc.record(
  {
    event: fc
      .tuple(fc.constantFrom(...STAGES), fc.constantFrom(...SEQUENCES))
      .map(([stage, sequence]) => `${stage}.${sequence}.finished`),
    match: fc.dictionary(fc.constantFrom('result', 'evaluation.result', 'labels'), result, { maxKeys: 2 }),
  },
  { requiredKeys: ['event'] },
);
const sequence = (name: string): fc.Arbitrary<SequenceDefinition> =>
  fc.record({
    name: fc.constant(name),
    triggeredOn: fc.array(triggeredOn, { maxLength: 2 }),
    tasks: fc.array(
      fc.record(
        { name: fc.constantFrom(...TASKS), triggeredAfter: fc.constantFrom(1000, 60_000) },
        { requiredKeys: ['name'] },
      ),
      { maxLength: 3 },
    ),
  });
const shipyard: fc.Arbitrary<Shipyard> = fc
  .tuple(...STAGES.map(() => fc.tuple(...SEQUENCES.map(sequence))))
  .map((stages) => ({
    apiVersion: 'spec.keptn.sh/0.2.3',
    stages: stages.map((sequences, index) => ({ name: STAGES[index] ?? '', sequences })),
  }));
const event: fc.Arbitrary<ScriptedEvent> = fc.record(
  {
    kind: fc.constantFrom('started', 'finished'),
    source: fc.constantFrom('x', 'y'),
    result: fc.constantFrom('pass', 'warning', 'fail', 'nonsense'),
    status: fc.constantFrom('succeeded', 'errored', 'aborted', 'nonsense'),
    id: fc.constantFrom('same', 'other'),
  },
  { requiredKeys: ['kind', 'source'] },
);
const responses: fc.Arbitrary<ScriptedResponse[]> = fc.array(
  fc.record({
    stage: fc.constantFrom(...STAGES),
    task: fc.constantFrom(...TASKS),
    occurrence: fc.integer({ min: 1, max: 3 }),
    events: fc.array(event, { maxLength: 5 }),
  }),
  { maxLength: 12 },
);
const assume = fc.constantFrom<Result | undefined>('pass', 'warning', 'fail', undefined);

describe('any shipyard with any responders', () => {
  it('comes to an end: every run is finished or waits for a named task', () => {
    fc.assert(
      fc.property(shipyard, responses, assume, (file, script, assumed) => {
        const played = simulate({
          shipyard: file,
          trigger,
          responses: script,
          ...(assumed === undefined ? {} : { assume: assumed }),
        });
        for (const run of played.runs) {
          const last = run.tasks.at(-1);
          if (run.result === undefined) assert.ok(last !== undefined && last.result === undefined);
          const limit = played.runs.filter(
            (other) => other.stage === run.stage && other.sequence === run.sequence,
          );
          assert.ok(limit.length <= MAX_OCCURRENCES);
        }
        const waiting = played.runs.filter((run) => run.result === undefined).length;
        assert.equal(played.open.length, waiting);
      }),
      { numRuns: 150 },
    );
  });

  it('triggers no task twice, each in the order of its sequence, and none after its sequence has ended', () => {
    fc.assert(
      fc.property(shipyard, responses, (file, script) => {
        const { events, runs } = simulate({ shipyard: file, trigger, responses: script });
        const place = new Map<number, number>();
        const ended = new Set<number>();
        const tasks = events.filter(({ type }) => type.split('.').length === 5);
        for (const sent of events) {
          const run = sent.run ?? -1;
          const isTask = sent.type.split('.').length === 5;
          if (isTask) {
            assert.ok(!ended.has(run), 'a task after the end');
            const index = place.get(run) ?? 0;
            place.set(run, index + 1);
            assert.equal(sent.type, `sh.keptn.event.${runs[run]?.tasks[index]?.name}.triggered`);
          } else if (sent.type.endsWith('.finished') && run >= 0) {
            assert.ok(!ended.has(run), 'finished twice');
            ended.add(run);
          }
        }
        assert.equal(
          tasks.length,
          runs.reduce((sum, run) => sum + run.tasks.length, 0),
        );
      }),
      { numRuns: 150 },
    );
  });

  it('gives the same answer every time', () => {
    fc.assert(
      fc.property(shipyard, responses, (file, script) => {
        const play = (): string => JSON.stringify(simulate({ shipyard: file, trigger, responses: script }));
        assert.equal(play(), play());
      }),
      { numRuns: 30 },
    );
  });
});

describe('several contexts at once', () => {
  const contexts = ['c1', 'c2', 'c3'];
  const action = fc.oneof(
    fc.record({ kind: fc.constant('trigger' as const), context: fc.constantFrom(...contexts) }),
    fc.record({ kind: fc.constantFrom('pause', 'resume', 'abort'), context: fc.constantFrom(...contexts) }),
    fc.record({ kind: fc.constant('wait' as const), context: fc.constant('') }),
    fc.record({
      kind: fc.constantFrom('started', 'finished'),
      context: fc.constantFrom(...contexts),
      result,
    }),
  );

  it('never work on two tasks of one service and stage at once, unless one waits for a person', () => {
    fc.assert(
      fc.property(shipyard, fc.array(action, { maxLength: 40 }), (file, script) => {
        const engine = new VirtualEngine(file, { startedTimeoutMs: 600_000 });
        for (const step of script) {
          play(engine, step);
          const busy = engine.runs.filter(({ state }) => {
            return state.task?.phase === 'sent' && !state.task.waitingForApproval;
          });
          for (const run of busy) {
            const rivals = busy.filter(
              ({ trigger: other }) =>
                other.stage === run.trigger.stage && other.keptnContext !== run.trigger.keptnContext,
            );
            assert.deepEqual(
              rivals.map(({ runId }) => runId),
              [],
            );
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('all end once nothing is paused and everybody who is asked answers', () => {
    fc.assert(
      fc.property(shipyard, fc.array(action, { maxLength: 25 }), (file, script) => {
        const engine = new VirtualEngine(file, { startedTimeoutMs: 600_000 });
        for (const step of script) play(engine, step);
        for (const context of contexts) engine.control(context, 'resume');
        for (
          let round = 0;
          round < 2000 && engine.runs.some(({ state }) => state.end === undefined);
          round += 1
        ) {
          const open = engine.openTasks()[0];
          if (open === undefined) engine.wait(60_000);
          else {
            const { run, triggeredId } = open;
            const counts = run.state.task?.events.filter(({ kind }) => kind === 'started').length ?? 0;
            const done = (run.state.task?.events.length ?? 0) - counts;
            const kind = counts > done ? 'finished' : 'started';
            const data = { ...scope, stage: run.trigger.stage, result: 'fail', status: 'succeeded' };
            engine.receive(run.trigger.keptnContext, triggeredId, { kind, source: 'x', data });
          }
          if (engine.cycles.length > 0) break;
        }
        const left = engine.runs.filter(({ state }) => state.end === undefined);
        if (engine.cycles.length === 0)
          assert.deepEqual(
            left.map(({ runId }) => runId),
            [],
          );
      }),
      { numRuns: 40 },
    );
  });
});

type Action = { kind: string; context: string; result?: Result };

function play(engine: VirtualEngine, { kind, context, result: outcome = 'pass' }: Action): void {
  switch (kind) {
    case 'trigger':
      engine.trigger({ ...trigger, keptnContext: context });
      engine.settle();
      return;
    case 'wait':
      engine.wait(60_000);
      return;
    case 'pause':
    case 'resume':
    case 'abort':
      engine.control(context, kind);
      return;
    case 'started':
    case 'finished': {
      const open = engine.openTasks().find(({ run }) => run.trigger.keptnContext === context);
      if (open === undefined) return;
      const data = { ...scope, result: outcome, status: 'succeeded' };
      engine.receive(context, open.triggeredId, { kind, source: 'x', data });
    }
  }
}

describe('a dry run', () => {
  const remediation: Shipyard = {
    apiVersion: 'spec.keptn.sh/0.2.3',
    stages: [
      {
        name: 'dev',
        sequences: [
          {
            name: 'delivery',
            triggeredOn: [{ event: 'dev.delivery.finished', match: { 'evaluation.result': 'fail' } }],
            tasks: [
              { name: 'get-action' },
              { name: 'evaluation', triggeredAfter: 900_000, triggeredAfterText: '15m' },
            ],
          },
        ],
      },
    ],
  };
  const action = (occurrence: number): ScriptedResponse => ({
    stage: 'dev',
    task: 'get-action',
    occurrence,
    events: [
      { kind: 'started', source: 'x' },
      {
        kind: 'finished',
        source: 'x',
        result: 'pass',
        status: 'succeeded',
        data: { 'get-action': { actionIndex: occurrence } },
      },
    ],
  });

  it('reaches the third action of a remediation, each time after its delay', () => {
    const played = simulate({
      shipyard: remediation,
      trigger,
      responses: [action(1), action(2), action(3)],
      assume: 'fail',
    });
    const asked = played.events.filter(({ type }) => type === 'sh.keptn.event.get-action.triggered');
    assert.deepEqual(
      asked.map(({ data, at }) => [data['get-action'], at]),
      [
        [undefined, 0],
        [{ actionIndex: 1 }, 900_000],
        [{ actionIndex: 2 }, 1_800_000],
        [{ actionIndex: 3 }, 2_700_000],
      ],
    );
    assert.deepEqual(played.stopped, []);
  });

  it('stops a ring of triggers and says so', () => {
    const ring: Shipyard = {
      apiVersion: 'spec.keptn.sh/0.2.3',
      stages: [
        {
          name: 'dev',
          sequences: [
            {
              name: 'delivery',
              triggeredOn: [{ event: 'dev.delivery.finished' }, { event: 'dev.delivery.finished' }],
              tasks: [{ name: 'a' }],
            },
          ],
        },
      ],
    };
    const played = simulate({ shipyard: ring, trigger, responses: [], assume: 'pass' });
    assert.equal(played.runs.length, MAX_OCCURRENCES);
    assert.match(played.stopped[0] ?? '', /^dev\.delivery was not started again: it ran 100 times/);
  });

  it('names what is open, and responses that nobody asked for', () => {
    const played = simulate({
      shipyard: remediation,
      trigger,
      responses: [{ stage: 'qa', task: 'test', events: [] }],
    });
    assert.deepEqual(played.open, [{ stage: 'dev', sequence: 'delivery', task: 'get-action' }]);
    assert.deepEqual(played.unused, ['the response to test in qa was not used']);
  });
});
