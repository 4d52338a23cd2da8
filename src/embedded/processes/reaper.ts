// A program of its own, started detached by the supervisor: its standard input is a pipe that closes when the supervisor ends in
// whatever way, also by SIGKILL, which nobody can catch. Then it ends all processes that the supervisor has recorded and left.
import { stateDirectoryHolder } from './claim.ts';
import { endRecordedProcesses } from './pid-files.ts';

const stateDir = process.argv[2];
if (stateDir === undefined) throw new Error('usage: reaper STATE_DIRECTORY');

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.stdin.on('error', () => undefined).resume();
process.stdin.once('close', async () => {
  // A next supervisor has ended the leftovers itself; what is recorded now is its own.
  if (!stateDirectoryHolder(stateDir)) await endRecordedProcesses(stateDir, 3000);
  process.exit(0);
});
