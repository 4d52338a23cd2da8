import assert from 'node:assert/strict';
import { SlipwayClient } from '../../../src/client/index.ts';
import { heldTask } from '../../../src/sequence/together.ts';
import type { Shipyard } from '../../../src/sequence/types.ts';
import { FakeKeptnApi } from '../../fakes/keptn-api.ts';
import { CliSandbox } from '../cli/run-cli.ts';

describe('deliveries of several services', () => {
  let api: FakeKeptnApi;
  let client: SlipwayClient;
  before(async () => {
    api = await FakeKeptnApi.start();
    client = new SlipwayClient({ endpoint: api.endpoint, token: api.token });
  });
  after(() => api.stop());

  it('start none when one of them is unknown', async () => {
    const services = [
      { service: 'web', image: 'web:2' },
      { service: 'nope', image: 'nope:2' },
    ];
    await assert.rejects(client.triggerDeliveries({ project: 'tour', services }), /nope does not exist/);
    await assert.rejects(
      client.triggerDeliveries({ project: 'tour', services: services.slice(0, 1) }),
      /several/,
    );
    assert.deepEqual(api.events, []);
  });

  it('want an image for each service on the command line', async () => {
    const sandbox = new CliSandbox();
    const access = ['--endpoint', api.endpoint, '--token', api.token];
    const start = ['trigger', 'delivery', '--project', 'tour', ...access];
    const incomplete = await sandbox.run([...start, '--services', 'web,shop', '--image', 'web=web:2']);
    assert.equal(incomplete.code, 3);
    assert.match(incomplete.stderr, /--image names none for shop/);
    const unnamed = await sandbox.run([...start, '--image', 'web:2']);
    assert.match(unnamed.stderr, /no service is named/);
    sandbox.remove();
  });
});

describe('the task that waits for the other services', () => {
  const tasks = (...names: string[]) => names.map((name) => ({ name }));
  const shipyard = (match?: Record<string, string>): Shipyard => ({
    apiVersion: 'spec.keptn.sh/0.2.3',
    stages: [
      {
        name: 'prod',
        sequences: [
          {
            name: 'next',
            tasks: tasks('t'),
            triggeredOn: [{ event: 'dev.delivery.finished', ...(match === undefined ? {} : { match }) }],
          },
        ],
      },
    ],
  });
  const held = (names: string[], match?: Record<string, string>, sequence = 'delivery') =>
    heldTask(shipyard(match), { stage: 'dev', sequence, tasks: tasks(...names) });

  it('stands before the release, else at the end when a stage follows on a pass', () => {
    assert.equal(held(['deployment', 'evaluation', 'release', 'notify']), 1);
    assert.equal(held(['deployment', 'evaluation']), 1);
    assert.equal(held(['deployment'], { result: 'pass' }), 0);
    assert.equal(held(['release']), 0);
  });

  it('is none where nothing is promoted', () => {
    assert.equal(held(['rollback'], { result: 'fail' }), undefined);
    assert.equal(held(['rollback'], undefined, 'rollback'), undefined);
  });
});
