import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatProblem } from '../../../src/files/problem.ts';
import { parseShipyard } from '../../../src/files/shipyard.ts';
import type { Shipyard } from '../../../src/sequence/types.ts';

const HEAD = 'apiVersion: "spec.keptn.sh/0.2.3"\nkind: Shipyard\nmetadata:\n  name: x\nspec:\n  stages:\n';

/** The model of a file that must be usable, and its problems as lines. */
function read(text: string): { shipyard: Shipyard; lines: string[] } {
  const { shipyard, problems } = parseShipyard(text, { file: 's.yaml' });
  const lines = problems.map(formatProblem);
  assert.ok(shipyard, lines.join('\n'));
  return { shipyard, lines };
}

/** The problems of a file that must be refused, as lines. */
function refused(text: string): string[] {
  const { shipyard, problems } = parseShipyard(text, { file: 's.yaml' });
  assert.equal(shipyard, undefined);
  assert.ok(problems.length > 0);
  return problems.map(formatProblem);
}

/** A file with one stage `dev` and these sequences. */
function dev(sequences: string): string {
  return `${HEAD}    - name: dev\n      sequences:\n${sequences.replace(/^(?=.)/gm, '        ')}`;
}

describe('a shipyard file', () => {
  it('is read with stages, sequences, tasks, properties, delays and triggers in file order', () => {
    const { shipyard, lines } = read(
      dev(`- name: delivery
  tasks:
    - name: deployment
      properties: {deploymentstrategy: direct, replicas: 2}
    - name: evaluation
      triggeredAfter: 10m
- name: rollback
  triggeredOn:
    - event: dev.delivery.finished
      selector:
        match:
          result: fail
  tasks:
    - name: rollback`),
    );
    assert.deepEqual(lines, []);
    assert.deepEqual(shipyard, {
      apiVersion: 'spec.keptn.sh/0.2.3',
      name: 'x',
      stages: [
        {
          name: 'dev',
          sequences: [
            {
              name: 'delivery',
              triggeredOn: [],
              tasks: [
                { name: 'deployment', properties: { deploymentstrategy: 'direct', replicas: 2 } },
                { name: 'evaluation', triggeredAfter: 600_000, triggeredAfterText: '10m' },
              ],
            },
            {
              name: 'rollback',
              triggeredOn: [{ event: 'dev.delivery.finished', match: { result: 'fail' } }],
              tasks: [{ name: 'rollback' }],
            },
          ],
        },
      ],
    });
  });

  it('may have stages without sequences, and empty lists and values', () => {
    const { shipyard } = read(`${HEAD}    - name: dev\n    - name: qa\n      sequences:\n`);
    assert.deepEqual(
      shipyard.stages.map(({ sequences }) => sequences),
      [[], []],
    );
  });

  it('takes any scalar where a text is meant, as Go did', () => {
    const { shipyard } = read(dev('- name: 12\n  tasks:\n    - name: 0123\n'));
    assert.deepEqual(shipyard.stages[0]?.sequences[0]?.tasks, [{ name: '0123' }]);
  });

  it('takes merge keys and anchors', () => {
    const text = dev(`- &base
  name: delivery
  tasks: &tasks
    - name: a
- <<: *base
  name: other`);
    assert.deepEqual(read(text).shipyard.stages[0]?.sequences[1], {
      name: 'other',
      triggeredOn: [],
      tasks: [{ name: 'a' }],
    });
  });

  for (const version of ['0.2.0', '0.2.1', '0.2.2', '0.2.3', '0.2', 'v0.2.3']) {
    it(`is read in version ${version} without a word`, () => {
      assert.deepEqual(read(HEAD.replace('0.2.3', version).concat('    - name: dev\n')).lines, []);
    });
  }

  it('of a newer version is read with a warning', () => {
    const { lines } = read(`${HEAD.replace('0.2.3', '1.0.0')}    - name: dev\n`);
    assert.match(lines[0] ?? '', /^s\.yaml:1:13: warning: apiVersion: .*newer than 0\.2\.3/);
  });

  it('may leave the prefix of its version out, as Keptn let it', () => {
    for (const version of ['0.2.0', '0.2', 'v0.2.3', 'spec.keptn.sh/0.2'])
      assert.ok(read(`${HEAD.replace('spec.keptn.sh/0.2.3', version)}    - name: dev\n`).shipyard, version);
    assert.match(
      refused('apiVersion: "0.1.7"\nspec: {stages: [{name: dev}]}\n')[0] ?? '',
      /older than 0\.2\.0/,
    );
  });

  it('of a version before 0.2 is refused with the way to migrate', () => {
    for (const text of [
      HEAD.replace('0.2.3', '0.1.7').concat('    - name: dev\n'),
      'stages:\n  - name: dev\n    deployment_strategy: direct\n',
    ]) {
      const [line = ''] = refused(text);
      assert.match(
        line,
        /^s\.yaml:[12]:\d+: error: .*deployment_strategy becomes the deployment task's property/,
      );
    }
  });

  it('is refused with every wrong place named', () => {
    assert.deepEqual(refused('apiVersion: spec.keptn.sh/0.2.3\nspec:\n  stages: []\n'), [
      's.yaml:3:11: error: spec.stages: must have at least one stage',
    ]);
    assert.deepEqual(refused(dev('- tasks:\n    - name: [a]\n    - triggeredAfter: 5m\n- 7\n')), [
      's.yaml:9:11: error: spec.stages[0].sequences[0].name: name is missing',
      's.yaml:10:21: error: spec.stages[0].sequences[0].tasks[0].name: must be a text',
      's.yaml:11:15: error: spec.stages[0].sequences[0].tasks[1].name: name is missing',
      's.yaml:12:11: error: spec.stages[0].sequences[1]: a sequence is a mapping with the keys name, triggeredOn, tasks',
    ]);
    for (const text of ['', '7', '[]', 'a: [', 'apiVersion: keptn\n', 'apiVersion: spec.keptn.sh/0.2.0\n']) {
      assert.match(refused(text)[0] ?? '', /^s\.yaml:\d+:\d+: error: /, text);
    }
  });

  it('warns about unknown keys but not about extensions and descriptions', () => {
    const { lines } = read(
      `${dev('- name: delivery\n  taks: []\n  description: d\n  x-own: 1\n  tasks:\n    - name: a\n')}extra: 1\n`,
    );
    assert.deepEqual(
      lines.map((line) => line.slice(0, line.indexOf(' ('))),
      [
        's.yaml:10:17: warning: spec.stages[0].sequences[0].taks: unknown key "taks" is ignored',
        's.yaml:15:8: warning: extra: unknown key "extra" is ignored',
      ],
    );
  });

  it('says what has become of the triggers of the first drafts', () => {
    const { shipyard, lines } = read(
      dev('- name: delivery\n  triggers: [qa.delivery.finished]\n  tasks:\n    - name: a\n'),
    );
    assert.deepEqual(shipyard?.stages[0]?.sequences[0]?.triggeredOn, []);
    assert.match(lines.join(), /"triggers" is ignored \(.*nothing triggers this sequence; write triggeredOn/);
  });

  it('refuses names that Keptn refused, and repeated stages', () => {
    for (const stage of ['Dev', '1dev', 'dev-', 'de v', 'dev.x', '""']) {
      assert.match(refused(`${HEAD}    - name: ${stage}\n`)[0] ?? '', /is not a stage name/, stage);
    }
    assert.match(
      refused(`${HEAD}    - name: dev\n    - name: dev\n`)[0] ?? '',
      /stages\[1\]\.name: there is a stage/,
    );
    assert.match(refused(dev('- name: a.b\n  tasks:\n    - name: x\n'))[0] ?? '', /is not a sequence name/);
    assert.match(refused(dev('- name: a\n  tasks:\n    - name: x/y\n'))[0] ?? '', /is not a task name/);
  });

  it('keeps a hostile key out of the model', () => {
    assert.match(
      refused(dev('- name: a\n  tasks:\n    - name: x\n      properties: {__proto__: {polluted: 1}}\n'))[0] ??
        '',
      /__proto__: this key is not allowed/,
    );
  });

  it('reads the extensions', () => {
    const { shipyard } = read(
      `${dev(`- name: delivery
  x-concurrency: replace
  x-timeout: 2h
  x-cooldown: 10m
  x-max-per-hour: 3
  tasks:
    - name: a
      properties: {x-started-timeout: 5m, x-finished-timeout: 1h}
- name: other
  x-concurrency: {mode: queue, hold: [approval, delay]}
  tasks:
    - name: a`)}\n  x-payload-numbers: newest\n`,
    );
    assert.equal(shipyard.payloadNumbers, 'newest');
    const [first, second] = shipyard.stages[0]?.sequences ?? [];
    assert.deepEqual(first?.concurrency, { mode: 'replace', hold: ['delay'] });
    assert.equal(first?.timeoutMs, 7_200_000);
    assert.deepEqual(first?.limits, { cooldownMs: 600_000, maxPerHour: 3 });
    assert.equal(second?.limits, undefined);
    assert.deepEqual(first?.tasks[0]?.timeouts, { startedMs: 300_000, finishedMs: 3_600_000 });
    assert.deepEqual(second?.concurrency, { mode: 'queue', hold: ['approval', 'delay'] });
  });

  it('refuses extensions with values of their own', () => {
    const wrong = [
      'x-concurrency: {mode: never}',
      'x-concurrency: {hold: [test]}',
      'x-timeout: soon',
      'x-cooldown: 5',
      'x-max-per-hour: 0',
      'x-max-per-hour: 1.5',
    ];
    for (const extension of wrong) {
      const lines = refused(dev(`- name: a\n  ${extension}\n  tasks:\n    - name: x\n`));
      assert.match(lines[0] ?? '', /is none of|is not a duration|is no number of starts/, extension);
    }
  });

  it('never throws, whatever the text', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseShipyard(text, { file: 's.yaml' })));
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const spec = JSON.stringify({ apiVersion: 'spec.keptn.sh/0.2.3', spec: { stages: [value] } });
        parseShipyard(spec, { file: 's.yaml' });
      }),
    );
  });
});

describe('a shipyard that Keptn misread in silence', () => {
  const delivery = '- name: delivery\n  tasks:\n    - name: test\n    - name: release\n';
  const cases: [string, string, RegExp][] = [
    [
      'an event that no stage emits',
      'event: qa.delivery.finished',
      /no stage emits "qa\.delivery\.finished"/,
    ],
    ['an event with the prefix', 'event: sh.keptn.event.dev.delivery.finished', /leave the prefix out/],
    ['an event that is no end', 'event: dev.delivery.triggered', /no stage emits/],
    [
      'failed',
      'event: dev.delivery.finished, selector: {match: {result: failed}}',
      /"failed" never matches.*write fail/,
    ],
    [
      'a key that is not looked at',
      'event: dev.delivery.finished, selector: {match: {status: errored}}',
      /"status" is not looked at/,
    ],
    [
      'an unknown task',
      'event: dev.delivery.finished, selector: {match: {tets.result: fail}}',
      /"tets" is no task/,
    ],
    [
      'a task that is not the last',
      'event: dev.delivery.finished, selector: {match: {test.result: pass}}',
      /"test" is not the last task/,
    ],
    [
      'several keys',
      'event: dev.delivery.finished, selector: {match: {result: fail, release.result: fail}}',
      /are alternatives/,
    ],
  ];
  for (const [what, trigger, expected] of cases) {
    it(`is reported: ${what}`, () => {
      const { lines } = read(
        dev(`${delivery}- name: next\n  triggeredOn: [{${trigger}}]\n  tasks: [{name: x}]\n`),
      );
      assert.equal(lines.length, 1, lines.join('\n'));
      assert.match(lines[0] ?? '', /^s\.yaml:\d+:\d+: warning: /);
      assert.match(lines[0] ?? '', expected);
    });
  }

  it('is not reported for a task that fails before the last, or for the built-in evaluation', () => {
    const fine = [
      'event: dev.delivery.finished, selector: {match: {test.result: fail}}',
      'event: dev.evaluation.finished, selector: {match: {evaluation.result: pass}}',
    ];
    for (const trigger of fine) {
      const text = dev(`${delivery}- name: next\n  triggeredOn: [{${trigger}}]\n  tasks: [{name: x}]\n`);
      assert.deepEqual(read(text).lines, []);
    }
  });

  it('is reported: an unreadable delay, no tasks, names that differ by case, a repeated sequence', () => {
    const { lines } = read(
      dev(
        '- name: a\n  tasks: [{name: x, triggeredAfter: 5}, {name: X}]\n- name: a\n- name: A\n  tasks: []\n',
      ),
    );
    const text = lines.join('\n');
    for (const part of [/"5" is not a duration, so there is no delay/, /"X" and "x" differ only by case/])
      assert.match(text, part);
    for (const part of [
      /"A" and "a" differ only by case/,
      /sequence "a" in this stage already/,
      /has no tasks/,
    ])
      assert.match(text, part);
    assert.ok(lines.every((line) => line.includes(': warning: ')));
  });

  it('is reported: rings of triggers that never end, with their condition', () => {
    const rings: [string, RegExp | undefined][] = [
      [
        '- name: a\n  triggeredOn: [{event: dev.a.finished}]\n  tasks: [{name: x}]',
        /dev\.a → dev\.a goes round without end while its tasks pass/,
      ],
      [
        '- name: a\n  triggeredOn: [{event: dev.b.finished}]\n  tasks: [{name: x}]\n- name: b\n  triggeredOn: [{event: dev.a.finished, selector: {match: {result: fail}}}]\n  tasks: [{name: x}]',
        /dev\.b → dev\.a → dev\.b goes round without end when their results alternate/,
      ],
      [
        '- name: a\n  triggeredOn: [{event: dev.a.finished, selector: {match: {result: fail}}}]\n  tasks: [{name: get-action}, {name: evaluation}]',
        /while its tasks fail/,
      ],
      [
        '- name: a\n  triggeredOn: [{event: dev.a.finished, selector: {match: {evaluation.result: fail}}}]\n  tasks: [{name: get-action}, {name: evaluation}]',
        undefined,
      ],
    ];
    for (const [sequences, expected] of rings) {
      const { lines } = read(dev(sequences));
      assert.equal(lines.length, expected === undefined ? 0 : 1, lines.join('\n'));
      if (expected !== undefined) assert.match(lines[0] ?? '', expected);
    }
  });
});

describe('how users move, as a shipyard says it', () => {
  const task = (properties: string) =>
    dev(
      `- name: delivery\n  tasks:\n    - name: deployment\n      properties:\n${properties.replace(/^(?=.)/gm, '        ')}`,
    );

  it('is read as the properties of the task', () => {
    const { shipyard, lines } = read(
      task('deploymentstrategy: canary\nx-steps:\n  - {weight: 20, pause: 5m, analysis: true}'),
    );
    assert.deepEqual(lines, []);
    assert.deepEqual(shipyard.stages[0]?.sequences[0]?.tasks[0]?.properties, {
      deploymentstrategy: 'canary',
      'x-steps': [{ weight: 20, pause: '5m', analysis: true }],
    });
  });

  it('is refused with the line of the value that is wrong', () => {
    const lines = refused(
      task('deploymentstrategy: canary\nx-steps:\n  - weight: 20\n  - weight: 10\n    pause: soon'),
    );
    assert.deepEqual(lines, [
      's.yaml:16:29: error: spec.stages[0].sequences[0].tasks[0].properties.x-steps[1].weight: weight 10 must be above 20, the step before',
      's.yaml:17:28: error: spec.stages[0].sequences[0].tasks[0].properties.x-steps[1].pause: pause must be a duration such as 90s, 15m or 1h30m, at most 30 days',
    ]);
  });
});
