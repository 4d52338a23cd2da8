import assert from 'node:assert/strict';
import { SlipwayClient } from '../../../src/client/index.ts';
import { CliSandbox } from '../cli/run-cli.ts';
import { Api, TOKEN } from './api.ts';

describe('the preview of deployments over the API', function () {
  this.timeout(60_000);
  const api = new Api();
  const sandbox = new CliSandbox();
  before(async () => {
    await api.start();
    await api.project('tour');
    await new SlipwayClient({ endpoint: `${api.url}/api`, token: TOKEN }).createService({
      project: 'tour',
      service: 'web',
    });
    sandbox.env = { SLIPWAY_ENDPOINT: `${api.url}/api`, SLIPWAY_TOKEN: TOKEN };
  });
  after(async () => {
    await api.stop();
    sandbox.remove();
  });

  const path = '/slipway/v1/project/tour/preview';
  const wanted = { stage: 'qa', service: 'web', sequence: 'delivery' };

  it('asks for every stage that the sequence leads to, with the properties of its shipyard', async () => {
    const configurationChange = { values: { image: 'web:2' } };
    const { status, json } = await api.post(path, { ...wanted, configurationChange });
    assert.equal(status, 200);
    assert.deepEqual(
      (json as unknown as { stage: string; versions: object }[]).map(({ stage, versions }) => [
        stage,
        versions,
      ]),
      [
        ['qa', { wanted: 'web:2' }],
        ['production', { wanted: 'web:2' }],
      ],
    );
    assert.deepEqual(
      api.runs.previewed.map(({ triggered }) => triggered.type),
      ['sh.keptn.event.deployment.triggered', 'sh.keptn.event.deployment.triggered'],
    );
    assert.deepEqual(api.runs.triggered, []);
  });

  it('refuses what names no project, no stage or no sequence', async () => {
    assert.equal((await api.post('/slipway/v1/project/none/preview', wanted)).status, 404);
    assert.equal((await api.post(path, { ...wanted, stage: 'none' })).status, 400);
    assert.equal((await api.post(path, { ...wanted, sequence: 'none' })).status, 400);
    assert.equal((await api.post(path, { ...wanted, configurationChange: 'x' })).status, 400);
  });

  const dryRun = ['trigger', 'delivery', '--project=tour', '--service=web', '--image=web:3', '--dry-run'];

  it('is what trigger delivery --dry-run shows, as a table and as JSON', async () => {
    const table = await sandbox.run(dryRun);
    assert.equal(table.code, 0, table.stderr);
    assert.match(table.stdout, /\nqa\/web: web:3 replaces nothing\nno object changes\n/);
    const json = await sandbox.run([...dryRun, '-o', 'json']);
    const { previews } = JSON.parse(json.stdout) as { previews: { stage: string }[] };
    assert.deepEqual(
      previews.map(({ stage }) => stage),
      ['qa', 'production'],
    );
  });

  it('is left out, with the reason and exit code 1, when no worker answers', async () => {
    api.runs.down = true;
    try {
      const end = await sandbox.run(dryRun);
      assert.equal(end.code, 1, end.stderr);
      assert.match(end.stderr, /what the deployments would change is not known: /);
      assert.match(end.stdout, /qa +delivery +deployment/);
    } finally {
      api.runs.down = false;
    }
  });
});
