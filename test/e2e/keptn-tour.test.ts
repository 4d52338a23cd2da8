import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import axios from 'axios';
import type { KeptnEvent } from '../../src/contracts/events.ts';
import { type RunningDev, startDevCommand } from '../support/dev.ts';
import { eventually } from '../support/eventually.ts';
import { buildGoClient } from '../support/go-client.ts';
import { KeptnShell } from '../support/keptn-shell.ts';

const FILES = fileURLToPath(new URL('../../demo/podtato-head', import.meta.url));
const PLACE = '--project=podtatohead --service=helloservice';
const IMAGE = 'ghcr.io/podtato-head/podtatoserver';
const MINUTES = 60_000;

/** What Keptn's podtato-head demo has one type, in its order, with the stand-in service of this repository. */
describe('the podtato-head tour, typed with Keptn’s commands', function () {
  this.timeout(8 * MINUTES);
  const directory = mkdtempSync(join(tmpdir(), 'slipway-keptn-tour-'));
  let dev: RunningDev;
  let shell: KeptnShell;

  before(async function () {
    const program = buildGoClient(directory);
    if (program === undefined) return this.skip();
    cpSync(FILES, directory, { recursive: true });
    const load = join(directory, 'jmeter/jmeter.conf.yaml');
    writeFileSync(load, readFileSync(load, 'utf8').replace(/loopcount: \d+/, 'loopcount: 50'));
    dev = await startDevCommand();
    const { endpoint, token } = dev.addresses;
    shell = new KeptnShell({ program, endpoint, token, cwd: directory });
  });
  after(async () => {
    if (dev !== undefined) assert.equal(await dev.stop(), 0);
    rmSync(directory, { recursive: true, force: true });
  });

  const deliver = async (tag: string): Promise<string> => {
    const [context] = await shell.done(
      `trigger delivery ${PLACE} --image=${IMAGE}:${tag} --labels=version=${tag}`,
    );
    return String(context);
  };
  const finished = async (context: string, type: string): Promise<KeptnEvent> => {
    const line = `get event sh.keptn.event.${type}.finished --project=podtatohead --keptn-context=${context}`;
    const [event] = await shell.awaited(line, 4 * MINUTES);
    assert.ok(event);
    return event;
  };
  /** The version that the page of a stage shows, at the address that its last deployment told. */
  const served = async (stage: string): Promise<string | undefined> => {
    const line = `get event sh.keptn.event.deployment.finished ${PLACE} --stage=${stage}`;
    const [newest] = (await shell.done(line)) as KeptnEvent[];
    const deployment = newest?.data.deployment as { deploymentURIsPublic: string[] } | undefined;
    const { data } = await axios.get<string>(deployment?.deploymentURIsPublic[0] ?? '', { timeout: 10_000 });
    return /Version <strong>(v[\d.]+)/.exec(data)?.[1];
  };

  it('create project, create service, add-resource, configure monitoring', async () => {
    await shell.shows('auth', []);
    await shell.shows('create project podtatohead --shipyard=./shipyard.yaml', []);
    await shell.shows('create service helloservice --project=podtatohead', []);
    for (const name of ['process.yaml', 'server.mjs']) {
      await shell.done(
        `add-resource ${PLACE} --all-stages --resource=./server/${name} --resourceUri=slipway/${name}`,
      );
    }
    for (const name of ['prometheus/sli.yaml', 'slo.yaml', 'jmeter/jmeter.conf.yaml']) {
      await shell.done(`add-resource ${PLACE} --stage=hardening --resource=./${name} --resourceUri=${name}`);
    }
    const [message] = await shell.done(`configure monitoring prometheus ${PLACE}`);
    assert.match(String(message), /^Monitoring successfully configured/);
  });

  it('trigger delivery of v0.1.1: judged, released, and served in both stages', async () => {
    const context = await deliver('v0.1.1');
    const last = await finished(context, 'production.delivery');
    assert.deepEqual([last.data.result, last.data.labels?.version], ['pass', 'v0.1.1']);
    const [evaluation] = (await shell.done(
      `get event evaluation.finished --keptn-context=${context}`,
    )) as KeptnEvent[];
    assert.equal(evaluation?.data.result, 'pass');
    assert.deepEqual([await served('hardening'), await served('production')], ['v0.1.1', 'v0.1.1']);
    const services = (await shell.done('get service helloservice --project=podtatohead -o json')) as {
      deployedImage: string;
    }[];
    for (const { deployedImage } of services) assert.equal(deployedImage, `${IMAGE}:v0.1.1`);
  });

  it('trigger delivery of v0.1.2: too slow, rolled back, never in production', async () => {
    const context = await deliver('v0.1.2');
    await finished(context, 'hardening.rollback');
    const [evaluation] = (await shell.done(
      `get event evaluation.finished --keptn-context=${context}`,
    )) as KeptnEvent[];
    assert.equal(evaluation?.data.result, 'fail');
    const judged = evaluation?.data.evaluation as { indicatorResults: { status: string; keySli: boolean }[] };
    assert.ok(judged.indicatorResults.some(({ status, keySli }) => status === 'fail' && keySli));
    assert.deepEqual([await served('hardening'), await served('production')], ['v0.1.1', 'v0.1.1']);
    const line = `get event sh.keptn.event.production.delivery.triggered --project=podtatohead --keptn-context=${context}`;
    await shell.shows(line, []);
  });

  it('add-resource of another shipyard, send event approval.finished: v0.1.3 waits for a person', async () => {
    await shell.shows(
      'add-resource --project=podtatohead --resource=./shipyard-with-approval.yaml --resourceUri=shipyard.yaml',
      [''],
    );
    const context = await deliver('v0.1.3');
    const waiting = `--project=podtatohead --stage=production --service=helloservice`;
    await shell.awaited(`get event approval.triggered ${waiting}`, 4 * MINUTES);
    assert.equal(await served('production'), 'v0.1.1');
    const [[option, image] = []] = (await shell.done(`send event approval.finished ${waiting}`, [
      '1',
      'a',
    ])) as string[][];
    assert.deepEqual([option, image], [1, `${IMAGE}:v0.1.3`]);
    assert.equal((await finished(context, 'production.delivery')).data.result, 'pass');
    assert.equal(await served('production'), 'v0.1.3');
  });

  it('delete service: what it has deployed is gone in every stage', async () => {
    await shell.done('delete service helloservice --project=podtatohead');
    for (const stage of ['hardening', 'production'])
      await eventually(
        `nothing serves ${stage}`,
        () =>
          served(stage).then(
            () => false,
            ({ code }: { code?: string }) => code === 'ECONNREFUSED',
          ),
        60_000,
      );
  });

  it('delete project: the clean-up script may be run twice', async () => {
    for (let round = 0; round < 2; round++) await shell.done('delete project podtatohead');
    await shell.shows('get projects', []);
  });
});
