import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EvaluationRow } from '../../../src/store/store.ts';
import { Api, TOKEN } from '../server/api.ts';
import { CliSandbox } from './run-cli.ts';

const COUNT = 5;

/** Evaluation number n of `carts`: the last one failed, and says which build it was. */
function row(n: number): EvaluationRow {
  const result = n === COUNT ? 'fail' : 'pass';
  return {
    id: `finished-${n}`,
    triggeredId: `triggered-${n}`,
    project: 'history',
    stage: 'qa',
    service: 'svc',
    keptnContext: `context-${n}`,
    time: `2026-01-0${n}T10:00:00.000Z`,
    result,
    status: 'succeeded',
    score: n === COUNT ? 0 : 100,
    labels: { buildId: `b${n}` },
    ...(n === 1 ? { invalidated: { reason: 'noise', time: '2026-01-02T00:00:00.000Z' } } : {}),
    evaluation: {
      result,
      score: n === COUNT ? 0 : 100,
      indicatorResults: [
        {
          displayName: 'Response <time>',
          status: result,
          value: { metric: 'rt', value: 100 * n, success: true },
          passTargets: [{ criteria: '<450', targetValue: 450, violated: n === COUNT }],
          warningTargets: null,
        },
      ],
    },
  };
}

describe('slipway and the history of evaluations, on a real server', function () {
  this.timeout(120_000);
  const api = new Api();
  let sandbox: CliSandbox;
  before(async () => {
    await api.start();
    await api.project('history');
    sandbox = new CliSandbox();
    sandbox.env = { SLIPWAY_ENDPOINT: `${api.url}/api`, SLIPWAY_TOKEN: TOKEN };
    const lines = Array.from({ length: COUNT }, (_, index) => JSON.stringify(row(index + 1)));
    writeFileSync(join(sandbox.directory, 'old.ndjson'), `${lines.join('\n')}\n\n`);
    const end = await sandbox.run(['import', 'evaluations', 'old.ndjson']);
    assert.deepEqual([end.code, end.stdout], [0, '5 evaluations imported.\n'], end.stderr);
  });
  after(async () => {
    sandbox.remove();
    await api.stop();
  });

  const get = (...args: string[]) => sandbox.run(['get', 'evaluations', '-p', 'history', ...args]);
  const ids = async (...args: string[]): Promise<string[]> => {
    const { stdout } = await get('-o', 'json', ...args);
    return (JSON.parse(stdout) as { id: string }[]).map(({ id }) => id);
  };

  it('draws a heatmap, the oldest run on the left, without invalidated ones', async () => {
    const { code, stdout } = await get();
    assert.equal(code, 0);
    assert.deepEqual(stdout.split('\n').slice(0, 4), [
      'qa/svc',
      'score            100 100 100   0',
      'result             ✓   ✓   ✓   ✗',
      'Response <time>    ✓   ✓   ✓   ✗',
    ]);
    assert.equal(
      (await sandbox.run(['get', 'evaluations', '-p', 'nope'])).stdout,
      'No evaluations in nope.\n',
    );
  });

  it('narrows by result, label, time and number', async () => {
    assert.deepEqual(await ids(), ['finished-5', 'finished-4', 'finished-3', 'finished-2']);
    assert.deepEqual(await ids('--result', 'fail,warning'), ['finished-5']);
    assert.deepEqual(await ids('--label', 'buildId=b3'), ['finished-3']);
    assert.deepEqual(await ids('--from', '2026-01-03', '--to', '2026-01-05'), ['finished-4', 'finished-3']);
    assert.deepEqual(await ids('--limit', '1'), ['finished-5']);
    assert.deepEqual(await ids('--stage', 'prod'), []);
    for (const [option, value] of [
      ['--result', 'good'],
      ['--label', 'x'],
      ['--label', 'x=a,b'],
      ['--from', 'yesterday'],
      ['--file', 'x.html'],
    ]) {
      const { code, stderr } = await get(option ?? '', value ?? '');
      assert.equal(code, 3, stderr);
    }
  });

  it('writes one page that needs nothing else', async () => {
    const { code, stdout } = await get('-o', 'html', '--file', 'page.html', '--service', 'svc');
    assert.deepEqual([code, stdout], [0, 'page.html: 4 evaluations of history/svc\n']);
    const page = readFileSync(join(sandbox.directory, 'page.html'), 'utf8');
    assert.match(page, /^<!doctype html>/);
    assert.match(page, /Response &lt;time&gt;/);
    assert.doesNotMatch(page, /<script|https?:\/\/(?!www\.w3\.org)/);
    const refused = await get('-o', 'html', '--file', 'no/such/folder.html');
    assert.equal(refused.code, 3);
    assert.match(refused.stderr, /cannot write no\/such\/folder\.html: no such file or directory/);
  });

  it('exports what was imported, and importing it again changes nothing', async () => {
    const exported = await sandbox.run(['export', 'evaluations', '--project', 'history']);
    const rows = exported.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as EvaluationRow);
    assert.deepEqual(rows, [5, 4, 3, 2, 1].map(row));
    const again = await sandbox.run(['import', 'evaluations', '-'], exported.stdout);
    assert.equal(again.code, 0, again.stderr);
    assert.equal((await sandbox.run(['export', 'evaluations', '-p', 'history'])).stdout, exported.stdout);
  });

  it('says which line cannot be imported', async () => {
    const broken = await sandbox.run(['import', 'evaluations', '-'], `${JSON.stringify(row(1))}\nnope\n`);
    assert.equal(broken.code, 3);
    assert.match(broken.stderr, /-:2: the line is no JSON object/);
    const wrong = await sandbox.run(['import', 'evaluations', '-'], '{"id": "x"}\n');
    assert.equal(wrong.code, 3);
    assert.match(wrong.stderr, /Line 1 is no evaluation: triggeredId/);
    assert.equal((await sandbox.run(['import', 'evaluations', 'gone.ndjson'])).code, 3);
  });

  it('invalidates an evaluation, which then no longer counts and says why', async () => {
    const command = ['invalidate', 'evaluation', 'finished-5', '--reason', 'load generator was down'];
    const end = await sandbox.run(command);
    assert.deepEqual(
      [end.code, end.stdout],
      [0, 'Evaluation finished-5 no longer counts: load generator was down\n'],
      end.stderr,
    );
    assert.equal((await ids()).includes('finished-5'), false);
    const counted = await api.store.evaluations({ project: 'history', excludeInvalidated: true, limit: 1 });
    assert.equal(counted[0]?.id, 'finished-4');
    const [stored] = await api.store.evaluations({ project: 'history', limit: 1 });
    assert.equal(stored?.invalidated?.reason, 'load generator was down');
    const unknown = await sandbox.run(['invalidate', 'evaluation', 'nope', '--reason', 'x']);
    assert.equal(unknown.code, 3);
    assert.match(unknown.stderr, /no evaluation with the id nope/);
  });
});
