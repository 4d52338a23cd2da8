import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axios from 'axios';
import { LocalTraffic } from '../../../src/activities/traffic/local-traffic.ts';
import { startEmbedded } from '../../../src/embedded/dev.ts';
import { PortInUseError } from '../../../src/embedded/errors.ts';
import { StateDirectoryInUseError } from '../../../src/embedded/processes/errors.ts';

describe('the embedded platform', function () {
  this.timeout(180_000); // the first run on a machine fetches the programs
  let stateDir: string;
  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), 'slipway-embedded-'));
  });
  afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

  const recorded = () => readdirSync(join(stateDir, 'run')).filter((name) => name.endsWith('.pid.json'));

  it('starts all its parts, with a store that is passed in, and leaves no process behind when it stops', async () => {
    let storeStopped = 0;
    const embedded = await startEmbedded({
      stateDir,
      startStore: async () => ({
        url: 'postgres://127.0.0.1/test',
        stop: async () => {
          storeStopped++;
        },
      }),
    });
    try {
      assert.equal(recorded().length, 2);
      assert.equal((await axios.get(`${embedded.prometheus.url}/-/ready`)).status, 200);
      assert.equal((await axios.get(embedded.temporal.uiUrl ?? '')).status, 200);
      const ref = { project: 'p', stage: 's', service: 'c' };
      assert.equal((await new LocalTraffic(embedded.platform).observe(ref)).state, 'unknown');
      await assert.rejects(startEmbedded({ stateDir }), StateDirectoryInUseError);
    } finally {
      await Promise.all([embedded.stop(), embedded.stop()]);
    }
    assert.equal(storeStopped, 1);
    assert.deepEqual(recorded(), []);
    await assert.rejects(axios.get(`${embedded.prometheus.url}/-/ready`));
  });

  it('stops what has started when one part cannot', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    try {
      await assert.rejects(
        startEmbedded({ stateDir, headless: true, ports: { prometheus: port } }),
        PortInUseError,
      );
      assert.deepEqual(recorded(), []);
    } finally {
      holder.close();
    }
  });
});
