import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { say } from './command.ts';
import { importedImages, importImage, nodeImage } from './image.ts';
import { type ClusterSettings, statePath } from './settings.ts';

/** Versions of the test service and the milliseconds that their answers take. */
const VERSIONS: { readonly [version: string]: number } = { v1: 0, v2: 0, slow: 400, slower: 1500 };

/** Puts the images of the test service into the own cluster, anew when its program has changed. */
export async function ensureImages(settings: ClusterSettings): Promise<void> {
  const folder = join(import.meta.dirname, 'app');
  const program = readFileSync(join(folder, 'server.mjs'));
  const digest = createHash('sha256').update(process.version).update(program).digest('hex');
  const mark = statePath(settings, 'test-images');
  const made = existsSync(mark) ? readFileSync(mark, 'utf8') : '';
  const there = made === digest ? await importedImages(settings) : [];
  for (const [version, milliseconds] of Object.entries(VERSIONS)) {
    const reference = `localhost/slipway-test:${version}`;
    if (there.includes(reference)) continue;
    say(`making image ${reference}`);
    const argv = ['/app/server.mjs', version, String(milliseconds)];
    await importImage(settings, await nodeImage(reference, folder, argv));
  }
  writeFileSync(mark, digest);
}
