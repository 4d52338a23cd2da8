import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { ProcessStartError, StateDirectoryInUseError } from '../../../src/embedded/processes/errors.ts';
import { identifyProcess, isSameProcess } from '../../../src/embedded/processes/identity.ts';
import { pidDirectory } from '../../../src/embedded/processes/pid-files.ts';
import { openProcessGroup, type ProcessGroup } from '../../../src/embedded/processes/process-group.ts';
import { startSupervised } from '../../../src/embedded/processes/supervised.ts';

const node = process.execPath;
const idle = 'setInterval(() => undefined, 1000)';
const stubborn = `process.on('SIGTERM', () => undefined); console.log('up'); ${idle}`;

/** On a loaded machine a program of Node alone takes seconds to start. */
async function eventually(condition: () => boolean, what: string): Promise<void> {
  for (const until = Date.now() + 60_000; !condition(); await delay(20)) {
    assert.ok(Date.now() < until, `still waiting: ${what}`);
  }
}

describe('the processes of the embedded platform', function () {
  this.timeout(180_000);
  let stateDir: string;
  let group: ProcessGroup | undefined;
  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), 'slipway-processes-'));
  });
  afterEach(async () => {
    await group?.stopAll();
    group = undefined;
    rmSync(stateDir, { recursive: true, force: true });
  });

  const pidFiles = () => readdirSync(join(stateDir, 'run')).filter((name) => name.endsWith('.pid.json'));

  it('keep a pid file and a log while they run, and leave neither process nor pid file when stopped', async () => {
    group = await openProcessGroup(stateDir);
    const log = join(stateDir, 'logs', 'one.log');
    const child = await group.start({
      name: 'one',
      argv: [node, '-e', `console.log('hello'); ${idle}`],
      isReady: async () => readFileSync(log, 'utf8').includes('hello'),
    });
    const identity = identifyProcess(child.pid);
    assert.deepEqual(pidFiles(), ['one.pid.json']);
    assert.equal(child.logTail(), 'hello');
    await group.stopAll();
    assert.equal(isSameProcess(identity), false);
    assert.deepEqual(pidFiles(), []);
  });

  it('get SIGKILL when they ignore SIGTERM', async () => {
    group = await openProcessGroup(stateDir);
    const log = join(stateDir, 'logs', 'stubborn.log');
    const child = await group.start({
      name: 'stubborn',
      argv: [node, '-e', stubborn],
      stopTimeout: 200,
      isReady: async () => readFileSync(log, 'utf8').includes('up'),
    });
    assert.deepEqual(await child.stop(), { code: null, signal: 'SIGKILL' });
  });

  it('tell what was wrong when they end early, are not found or are never ready', async () => {
    group = await openProcessGroup(stateDir);
    const start = (name: string, argv: [string, ...string[]], isReady: () => Promise<boolean>) =>
      group?.start({ name, argv, isReady, readyTimeout: 500 });
    const never = async () => false;
    await assert.rejects(
      Promise.resolve(start('early', [node, '-e', 'console.error("no port left"); process.exit(7)'], never)),
      (error: Error) =>
        error instanceof ProcessStartError && /ended with 7 .*no port left/s.test(error.message),
    );
    await assert.rejects(
      Promise.resolve(start('absent', ['/nonexistent/program'], never)),
      /the program \/nonexistent\/program was not found/,
    );
    await assert.rejects(
      Promise.resolve(start('sleepy', [node, '-e', `console.log('loading'); ${idle}`], never)),
      /was not ready after 0\.5 s.*loading/s,
    );
    assert.deepEqual(pidFiles(), []);
  });

  it('end by the watchdog when their supervisor is killed with SIGKILL, with what they have started themselves', async () => {
    const module = join(import.meta.dirname, '../../../src/embedded/processes/process-group.ts');
    const grandchild = join(stateDir, 'grandchild');
    const code = `require('fs').writeFileSync(${JSON.stringify(grandchild)},
      String(require('child_process').spawn(process.execPath, ['-e', '${idle}']).pid)); ${idle}`;
    writeFileSync(
      join(stateDir, 'supervisor.ts'),
      `import { existsSync } from 'node:fs';
       import { openProcessGroup } from ${JSON.stringify(module)};
       const group = await openProcessGroup(${JSON.stringify(stateDir)});
       const child = await group.start({ name: 'child', argv: [process.execPath, '-e', ${JSON.stringify(code)}],
         isReady: async () => existsSync(${JSON.stringify(grandchild)}), readyTimeout: 60_000 });
       process.stdout.write(String(child.pid));
       setInterval(() => undefined, 1000);`,
    );
    const supervisor = spawn(node, [join(stateDir, 'supervisor.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [output] = await once(supervisor.stdout, 'data');
    const child = identifyProcess(Number(String(output)));
    await eventually(() => readFileSync(grandchild, 'utf8') !== '', 'the pid of the grandchild');
    const inner = identifyProcess(Number(readFileSync(grandchild, 'utf8')));
    assert.ok(isSameProcess(child) && isSameProcess(inner));
    supervisor.kill('SIGKILL');
    await once(supervisor, 'close');
    await eventually(() => !isSameProcess(child) && !isSameProcess(inner), 'the children to end');
    await eventually(() => pidFiles().length === 0, 'the pid files to go');
  });

  it('are started again when they are killed, until they are stopped', async () => {
    group = await openProcessGroup(stateDir);
    const pidFile = join(pidDirectory(stateDir), 'kept.pid.json');
    let starts = 0;
    const kept = await startSupervised(
      group,
      () => {
        starts += 1;
        // The second one does not start at all.
        const program = starts === 2 ? '/nonexistent/program' : node;
        return { name: 'kept', argv: [program, '-e', idle], isReady: async () => true };
      },
      pino({ level: 'silent' }),
    );
    const pid = () => (existsSync(pidFile) ? Number(JSON.parse(readFileSync(pidFile, 'utf8')).pid) : 0);
    const first = pid();
    process.kill(first, 'SIGKILL');
    await eventually(() => pid() !== 0 && pid() !== first, 'its successor');
    assert.equal(starts, 3);
    const successor = identifyProcess(pid());
    await kept.stop();
    assert.equal(isSameProcess(successor), false);
    assert.deepEqual(pidFiles(), []);
  });

  it('that were left over are ended at the next start, but never a process that only has their number', async () => {
    const leave = () => spawn(node, ['-e', idle], { detached: true, stdio: 'ignore' });
    const orphan = leave();
    const stranger = leave();
    mkdirSync(join(stateDir, 'run'));
    const record = (name: string, content: unknown) =>
      writeFileSync(join(stateDir, 'run', `${name}.pid.json`), JSON.stringify(content));
    try {
      record('orphan', identifyProcess(orphan.pid ?? 0));
      record('stranger', { pid: stranger.pid, startTime: '1' });
      record('nonsense', { pid: 'x' });
      group = await openProcessGroup(stateDir);
      await eventually(() => orphan.signalCode === 'SIGTERM', 'the orphan to end');
      assert.equal(isSameProcess(identifyProcess(stranger.pid ?? 0)), true);
      assert.deepEqual(pidFiles(), []);
    } finally {
      stranger.kill('SIGKILL');
      orphan.kill('SIGKILL');
    }
  });

  it('refuse a state directory that a living supervisor uses, and take over that of a dead one', async () => {
    group = await openProcessGroup(stateDir);
    await assert.rejects(openProcessGroup(stateDir), StateDirectoryInUseError);
    await group.stopAll();
    mkdirSync(join(stateDir, 'run'), { recursive: true });
    writeFileSync(
      join(stateDir, 'run', 'supervisor.json'),
      JSON.stringify({ pid: process.pid, startTime: '1' }),
    );
    group = await openProcessGroup(stateDir);
    assert.ok(existsSync(join(stateDir, 'run', 'supervisor.json')));
  });
});
