import { join } from 'node:path';
import { say } from './command.ts';
import { importedImages, importImage, nodeImage } from './image.ts';
import type { ClusterSettings } from './settings.ts';

/** Versions of the test service and the milliseconds that their answers take. */
const VERSIONS: { readonly [version: string]: number } = { v1: 0, v2: 0, slow: 400, slower: 1500 };

/** Puts the images of the test service into the own cluster. */
export async function ensureImages(settings: ClusterSettings): Promise<void> {
  const there = await importedImages(settings);
  for (const [version, milliseconds] of Object.entries(VERSIONS)) {
    const reference = `localhost/slipway-test:${version}`;
    if (there.includes(reference)) continue;
    say(`making image ${reference}`);
    const argv = ['/app/server.mjs', version, String(milliseconds)];
    await importImage(settings, await nodeImage(reference, join(import.meta.dirname, 'app'), argv));
  }
}
