import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PortInUseError } from '../../../src/embedded/errors.ts';
import { StateDirectoryInUseError } from '../../../src/embedded/processes/errors.ts';
import { openProcessGroup } from '../../../src/embedded/processes/process-group.ts';
import { startDev } from '../../../src/embedded/start-dev.ts';
import { createLogger } from '../../../src/logging.ts';

describe('the start of the embedded platform', () => {
  let stateDir: string;
  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), 'slipway-start-'));
  });
  afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

  const start = (ports: { prometheusPort?: number } = {}) =>
    startDev({
      stateDir,
      inMemory: true,
      logger: createLogger({ component: 'test', level: 'silent' }),
      logLevel: 'silent',
      onProgress: () => undefined,
      ...ports,
    });

  it('stops what has started when one part cannot, and says which port is taken', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    try {
      await assert.rejects(start({ prometheusPort: port }), PortInUseError);
      const left = readdirSync(join(stateDir, 'run')).filter((name) => name.endsWith('.pid.json'));
      assert.deepEqual(left, []);
    } finally {
      holder.close();
    }
  });

  it('is refused while another platform holds the state directory', async () => {
    const holder = await openProcessGroup(stateDir);
    try {
      await assert.rejects(start(), StateDirectoryInUseError);
    } finally {
      await holder.stopAll();
    }
  });
});
