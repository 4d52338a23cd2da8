import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { Command } from 'commander';
import { runBatch } from '../../../src/cli/gate/batch.ts';
import { registerGateCommands } from '../../../src/cli/gate/index.ts';

const SLO = `comparison: {compare_with: single_result}
objectives:
- sli: rt
  displayName: Response time
  pass: [{criteria: ["<=+10%", "<600"]}]
  warning: [{criteria: ["<=800"]}]
- {sli: err, key_sli: true, pass: [{criteria: ["=0"]}]}
- {sli: cpu}
total_score: {pass: 90%, warning: 75%}
`;

function collector(): Writable & { text(): string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return Object.assign(stream, { text: () => Buffer.concat(chunks).toString() });
}

async function batch(lines: readonly (string | Buffer)[]) {
  const output = collector();
  const summary = await runBatch(Readable.from(lines.map((line) => Buffer.from(line))), output);
  const answers = output
    .text()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, never>);
  return { summary, answers };
}

describe('the gate commands', () => {
  let directory = '';
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gate-'));
  });
  after(() => rm(directory, { recursive: true }));

  async function file(name: string, content: string | object): Promise<string> {
    const path = join(directory, name);
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  }

  async function slipway(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const stdout = collector();
    const stderr = collector();
    const program = new Command().exitOverride();
    registerGateCommands(program, { stdin: Readable.from([]), stdout, stderr });
    const before = process.exitCode;
    try {
      await program.parseAsync(['gate', ...args], { from: 'user' });
      return { code: Number(process.exitCode), out: stdout.text(), err: stderr.text() };
    } finally {
      process.exitCode = before;
    }
  }

  const values = (rt: number, err = 0) => [
    { metric: 'rt', value: rt, success: true },
    { metric: 'err', value: err, success: true },
    { metric: 'cpu', value: 7, success: true },
  ];

  it('end with 0 for pass, 1 for a warning that counts, 2 for fail and 3 for error', async () => {
    const slo = await file('slo.yaml', SLO);
    const history = await file('history.json', [
      { id: 'run-1', result: 'pass', indicatorResults: [{ metric: 'rt', value: 500, success: true }] },
    ]);
    const judge = async (rt: number, err: number, ...more: string[]) =>
      (
        await slipway(
          'evaluate',
          '--slo',
          slo,
          '--history',
          history,
          '--sli',
          await file('values.json', values(rt, err)),
          ...more,
        )
      ).code;
    assert.equal(await judge(510, 0), 0);
    assert.equal(await judge(700, 0), 0);
    assert.equal(await judge(700, 0, '--fail-on', 'warning'), 1);
    assert.equal(await judge(510, 1), 2);
    const broken = await file('broken.yaml', 'objectives: [');
    assert.equal(
      (await slipway('evaluate', '--slo', broken, '--sli', await file('values.json', []))).code,
      3,
    );
  });

  it('print objectives, values, baselines, points and the sentence that decided', async () => {
    const slo = await file('slo.yaml', SLO);
    const sli = await file('values.json', values(700, 1));
    const { out } = await slipway('evaluate', '--slo', slo, '--sli', sli);
    for (const text of [
      'Response time',
      'err (key)',
      '700',
      '0.5 of 1',
      '✗ =0 [0]',
      'with no earlier evaluation',
      "due to key_sli objective ''",
    ]) {
      assert.ok(out.includes(text), `${text} is missing in\n${out}`);
    }
    const json = JSON.parse((await slipway('evaluate', '--slo', slo, '--sli', sli, '-o', 'json')).out) as {
      evaluation: { indicatorResults: object[] };
    };
    assert.deepEqual(Object.keys(json.evaluation.indicatorResults[0] ?? {}), [
      'metric',
      'displayName',
      'score',
      'status',
      'keySli',
      'value',
      'success',
      'comparedValue',
      'message',
      'passTargets',
      'warningTargets',
    ]);
  });

  it('name the file and the place of bad input', async () => {
    const slo = await file('slo.yaml', SLO);
    for (const [content, message] of [
      ['{', /values\.json: not JSON/],
      [
        [{ metric: 'rt', value: '5', success: true }],
        /values\.json: \[0\]\.value: expected a number, got "5"/,
      ],
      [[null], /\[0\]: expected an object, got null/],
      ['[{"metric": "rt", "value": 1e999}]', /\[0\]\.value: the number is too large/],
      [{}, /expected a list/],
    ] as const) {
      await assert.rejects(
        slipway('evaluate', '--slo', slo, '--sli', await file('values.json', content)),
        message,
      );
    }
    await assert.rejects(
      slipway('evaluate', '--slo', join(directory, 'absent.yaml'), '--sli', 'x'),
      /cannot read .*absent\.yaml/,
    );
    await assert.rejects(slipway('evaluate'), /--slo is missing/);
  });

  it('judge samples of a canary and an OpenSLO document', async () => {
    const wave = (level: number) =>
      Array.from({ length: 40 }, (_, index) => [index, level + 5 * Math.sin(index)]);
    const slo = await file(
      'canary.yaml',
      'objectives:\n- {sli: rt, x-compare: canary}\ntotal_score: {pass: 90%}',
    );
    const samples = await file('samples.json', { rt: { primary: wave(100), canary: wave(130) } });
    const sli = await file('values.json', []);
    assert.equal((await slipway('evaluate', '--slo', slo, '--sli', sli, '--samples', samples)).code, 2);
    const open = await file(
      'openslo.yaml',
      'apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: rt}\nspec: {objectives: [{op: lte, value: 600}]}',
    );
    assert.equal(
      (await slipway('evaluate', '--slo', open, '--sli', await file('values.json', values(500)))).code,
      0,
    );
  });

  it('explain an objective in words', async () => {
    const slo = await file('slo.yaml', SLO);
    const history = await file('history.json', [
      { id: 'run-1', result: 'pass', indicatorResults: [{ metric: 'rt', value: 500, success: true }] },
    ]);
    const sli = await file('values.json', values(580));
    const { out, code } = await slipway(
      'explain',
      '--slo',
      slo,
      '--sli',
      sli,
      '--history',
      history,
      '--objective',
      'rt',
    );
    assert.equal(code, 0);
    assert.equal(
      out,
      `Response time (rt): measured 580.
Compared with run-1: the baseline is 500.
  pass asks for <=+10%, that is 550: not met.
  pass asks for <600: met.
  warning asks for <=800: met.
So it is warning (the pass criteria are not met, the warning criteria are): 0.5 of 1 points.

The evaluation succeeded; its result is warning.
1.5 of 2 points are a score of 75 (pass 90%, warning 75%).
Deciding: Evaluation returned a warning: the calculated score of 75 is close to the warning target value of 75
`,
    );
    await assert.rejects(
      slipway('explain', '--slo', slo, '--sli', sli, '--objective', 'nope'),
      /give one of rt, err, cpu/,
    );
  });

  it('try a new gate on past evaluations and show who would have gone the other way', async () => {
    const run = (id: string, minute: number, rt: number, result: string) =>
      JSON.stringify({
        id,
        time: `2024-05-01T10:0${minute}:00Z`,
        project: 'p',
        stage: 's',
        service: 'v',
        result,
        labels: { buildId: `build-${minute}` },
        evaluation: {
          score: result === 'pass' ? 100 : 0,
          indicatorResults: [{ value: { metric: 'rt', value: rt, success: true } }],
        },
      });
    const lines = [
      run('d', 4, 640, 'pass'),
      run('c', 3, 605, 'fail'),
      run('b', 2, 605, 'pass'),
      run('a', 1, 500, 'pass'),
    ];
    const history = await file('evaluations.ndjson', `${lines.join('\n')}\n`);
    const slo = await file(
      'new.yaml',
      'comparison: {compare_with: single_result, include_result_with_score: pass}\nobjectives:\n- {sli: rt, pass: [{criteria: ["<=+10%"]}]}\ntotal_score: {pass: 90%}',
    );
    const { out, code } = await slipway('backtest', '--slo', slo, '--history', history, '-o', 'json');
    const { summary, runs } = JSON.parse(out) as { summary: object; runs: { id: string; change: string }[] };
    assert.equal(code, 0);
    // Stopped runs are no baseline of the new gate, so all are held against run a.
    assert.deepEqual(
      runs.map(({ id, change }) => `${id} ${change}`),
      ['a same', 'b stopped', 'c same', 'd stopped'],
    );
    assert.deepEqual(summary, { runs: 4, same: 2, stopped: 2, released: 0, other: 0 });
    const table = (await slipway('backtest', '--slo', slo, '--history', history, '--changes-only')).out;
    assert.match(table, /build-2/);
    assert.match(table, /4 runs: 2 as before, 2 would have been stopped/);
    assert.ok(!table.includes('build-1'));
  });

  it('refuse to backtest a broken gate or a broken line', async () => {
    const history = await file('evaluations.ndjson', '{"id": "a", "result": "pass"}\nnonsense');
    await assert.rejects(
      slipway('backtest', '--slo', await file('slo.yaml', SLO), '--history', history),
      /evaluations\.ndjson:2: not JSON/,
    );
    await assert.rejects(
      slipway('backtest', '--slo', await file('broken.yaml', 'a: ['), '--history', history),
      /broken\.yaml:1:5/,
    );
  });
});

describe('a batch of cases', () => {
  const good = {
    id: 'good',
    slo: SLO,
    sliResults: [
      { metric: 'rt', value: 1, success: true },
      { metric: 'err', value: 0, success: true },
    ],
  };

  it('answers every line in order and goes on after bad ones', async () => {
    const lines = [
      JSON.stringify(good),
      'nonsense',
      '[]',
      JSON.stringify({ id: 'no file', slo: null, project: 'p' }),
      JSON.stringify({ id: 'broken', slo: 'a: [', project: 'p', stage: 's', service: 'v' }),
      JSON.stringify({ id: 'text value', sliResults: [{ metric: 'rt', value: '5' }] }),
      '',
      JSON.stringify({
        id: 'null history',
        slo: SLO,
        previousResults: [{ id: 'x', result: 'fail', indicatorResults: null }],
        getSli: { status: 'succeeded', result: 'fail', message: 'm' },
      }),
    ];
    const { summary, answers } = await batch([`${lines.join('\r\n')}`]);
    assert.deepEqual(summary, { cases: 4, errors: 3 });
    assert.deepEqual(
      answers.map(({ id, status, result, error }) => [id, status, result, typeof error]),
      [
        ['good', 'succeeded', 'pass', 'undefined'],
        [undefined, undefined, undefined, 'string'],
        [undefined, undefined, undefined, 'string'],
        ['no file', 'succeeded', 'pass', 'undefined'],
        ['broken', 'errored', 'fail', 'undefined'],
        ['text value', undefined, undefined, 'string'],
        ['null history', 'succeeded', 'fail', 'undefined'],
      ],
    );
    assert.equal(answers[6]?.message, 'lighthouse failed because SLI failed with message m');
  });

  it('takes the history flat or as Keptn stores it', async () => {
    const value = { metric: 'rt', value: 500, success: true };
    const previous = (indicator: unknown) => [
      { id: 'x', result: 'pass', indicatorResults: [indicator, null, { value: null }] },
    ];
    const { answers } = await batch(
      [value, { value }].map(
        (indicator) => `${JSON.stringify({ ...good, previousResults: previous(indicator) })}\n`,
      ),
    );
    assert.deepEqual(answers[0], answers[1]);
    assert.match(JSON.stringify(answers[0]), /"comparedValue":500/);
  });

  it('does not mind where chunks are cut, even inside a character', async () => {
    const bytes = Buffer.from(`${JSON.stringify({ ...good, id: 'naïve ☃ 𝄞' })}\n`.repeat(3));
    const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, index) =>
      bytes.subarray(index * 7, index * 7 + 7),
    );
    const { answers } = await batch(pieces);
    assert.deepEqual(
      answers.map(({ id }) => id),
      ['naïve ☃ 𝄞', 'naïve ☃ 𝄞', 'naïve ☃ 𝄞'],
    );
  });

  it('keeps hostile keys harmless', async () => {
    const { answers } = await batch([
      '{"id":"x","__proto__":{"slo":"a: ["},"sliResults":[{"__proto__":{"metric":"rt"}}],"slo":null}',
    ]);
    assert.equal(answers[0]?.status, 'succeeded');
    assert.equal(({} as Record<string, unknown>).slo, undefined);
  });
});
