import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { runBatch } from '../../../src/cli/simulate/batch.ts';
import { drawShipyard } from '../../../src/cli/simulate/mermaid.ts';
import { readResponses } from '../../../src/cli/simulate/schemas.ts';
import { parseShipyard } from '../../../src/files/shipyard.ts';

const SHIPYARD = `apiVersion: spec.keptn.sh/0.2.3
spec:
  stages:
    - name: dev
      sequences:
        - name: delivery
          tasks: [{name: a, triggeredAfter: 90m}]
`;
const GOOD = {
  id: 'good',
  shipyard: SHIPYARD,
  trigger: {
    type: 'sh.keptn.event.dev.delivery.triggered',
    data: { project: 'p', stage: 'dev', service: 's' },
  },
  responses: [],
};

/** The answers to these lines. */
async function answers(...lines: (string | object)[]): Promise<Record<string, unknown>[]> {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  const output = new PassThrough();
  const read = output.setEncoding('utf8').toArray();
  await runBatch(Readable.from([`${text.join('\n')}\n`]), output);
  output.end();
  return (await read)
    .join('')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('a batch of simulations', () => {
  it('answers each line with the events, their data, and the delay as written', async () => {
    assert.deepEqual(await answers(GOOD), [
      {
        id: 'good',
        order: ['sh.keptn.event.a.triggered @dev'],
        events: [{ type: 'sh.keptn.event.a.triggered', stage: 'dev', data: GOOD.trigger.data, delay: '90m' }],
      },
    ]);
  });

  it('answers a line as soon as it has been read', async () => {
    const input = new PassThrough();
    const output = new PassThrough();
    const done = runBatch(input, output);
    input.write(`${JSON.stringify(GOOD)}\n`);
    const [chunk] = await once(output, 'data');
    assert.equal(JSON.parse(String(chunk)).id, 'good');
    input.end();
    assert.deepEqual(await done, { cases: 1, errors: 0 });
  });

  it('answers a bad line with its id and what is wrong, and goes on', async () => {
    const bad: [string | object, RegExp][] = [
      ['{"id":', /^line 1: not JSON/],
      ['7', /^case/],
      [{ ...GOOD, shipyard: 'a: [' }, /^shipyard:\d+:\d+: error: not valid YAML/],
      [{ ...GOOD, shipyard: undefined }, /^case: shipyard: must be the text of a shipyard/],
      [{ ...GOOD, shipyard: SHIPYARD.replace('0.2.3', '0.1.7') }, /older than 0\.2\.0/],
      [{ ...GOOD, trigger: { ...GOOD.trigger, type: 'sh.keptn.event.a.triggered' } }, /^trigger\.type: /],
      [
        { ...GOOD, trigger: { ...GOOD.trigger, data: { project: 'p' } } },
        /invalid event scope: stage, service missing/,
      ],
      [{ ...GOOD, trigger: { ...GOOD.trigger, data: [] } }, /^case: trigger\.data: must be an object/],
      [{ ...GOOD, responses: [{ stage: 'dev' }] }, /^case: responses\.0\.task: /],
      [{ ...GOOD, responses: [{ stage: 'dev', task: 'a', events: [{ kind: 'done' }] }] }, /events\.0\.kind/],
    ];
    for (const [line, expected] of bad) {
      const [first, second] = await answers(line, GOOD);
      assert.match(String(first?.error), expected);
      if (typeof line === 'object') assert.equal(first?.id, 'good');
      assert.deepEqual(second?.order, ['sh.keptn.event.a.triggered @dev']);
    }
  });

  it('says when a ring of triggers was cut', async () => {
    const ring = SHIPYARD.replace(', triggeredAfter: 90m', '').concat(
      '          triggeredOn: [{event: dev.delivery.finished, selector: {match: {result: fail}}}]\n',
    );
    const events = [{ kind: 'started' }, { kind: 'finished', result: 'fail', status: 'succeeded' }];
    const responses = Array.from({ length: 100 }, (_, index) => ({
      stage: 'dev',
      task: 'a',
      occurrence: index + 1,
      events,
    }));
    const [answer] = await answers({ ...GOOD, shipyard: ring, responses });
    assert.match(String(answer?.stopped), /ran 100 times/);
  });

  it('keeps hostile keys from doing harm', async () => {
    const line = JSON.stringify(GOOD).replace(
      '"service":"s"',
      '"service":"s","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}',
    );
    const [answer] = await answers(line);
    assert.equal(answer?.error, undefined);
    assert.equal(Reflect.get({}, 'polluted'), undefined);
  });
});

describe('responses for a dry run', () => {
  it('may be written short', () => {
    const [response] = readResponses([{ stage: 'dev', task: 'a', result: 'fail' }], 'r.yaml');
    assert.deepEqual(
      response?.events.map(({ kind, result, status }) => [kind, result, status]),
      [
        ['started', undefined, undefined],
        ['finished', 'fail', 'succeeded'],
      ],
    );
  });

  it('are refused with the place that is wrong', () => {
    assert.throws(
      () => readResponses([{ stage: 'dev' }], 'r.yaml'),
      /^SimulateInputError: r\.yaml: 0\.task: /,
    );
    assert.throws(() => readResponses('text', 'r.yaml'), /^SimulateInputError: r\.yaml: /);
  });
});

describe('a drawing of a shipyard', () => {
  it('tells promotion, rollback and remediation apart and escapes foreign text', () => {
    const { shipyard } = parseShipyard(
      `apiVersion: spec.keptn.sh/0.2.3
spec:
  stages:
    - name: dev
      sequences:
        - {name: delivery, tasks: [{name: a}]}
        - {name: rollback, triggeredOn: [{event: dev.delivery.finished, selector: {match: {result: fail}}}], tasks: [{name: rollback}]}
    - name: prod
      sequences:
        - {name: delivery, triggeredOn: [{event: dev.delivery.finished}], tasks: [{name: a}]}
        - {name: fix, triggeredOn: [{event: prod.fix.finished, selector: {match: {evaluation.result: fail}}}], tasks: [{name: get-action}, {name: evaluation}]}
        - {name: odd, triggeredOn: [{event: 'no.such"]', selector: {match: {result: 'a"]|b'}}}, {event: prod.evaluation.finished}], tasks: [{name: a}]}
`,
      { file: 's.yaml' },
    );
    assert.ok(shipyard);
    const lines = drawShipyard(shipyard).split('\n');
    for (const line of [
      '  s0_0 -.->|"rollback: fail"| s0_1',
      '  s0_0 -->|"promotion: pass or warning"| s1_0',
      '  s1_1 ==>|"remediation: evaluation.result fail"| s1_1',
      '  s1_3 -->|"promotion: pass or warning"| s1_2',
      '    s1_3(["evaluation: evaluation"])',
      '  %% no stage emits no.such#34;#93;',
    ]) {
      assert.ok(lines.includes(line), `${line}\nis not in\n${lines.join('\n')}`);
    }
  });
});
