// Runs the embedded database in a process of its own, so that a test can kill it.
import { startPglite } from '../../../src/store/pglite.ts';

const [dataDir] = process.argv.slice(2);
if (!dataDir) throw new Error('usage: pglite-process DIR');
const database = await startPglite({ dataDir });
process.stdout.write(`${database.url}\n`);
