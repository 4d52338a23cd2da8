import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { say } from './command.ts';
import { importedImages, importImage, nodeImage } from './image.ts';
import { withLock } from './lock.ts';
import { type ClusterSettings, statePath } from './settings.ts';

const DEMO = join(import.meta.dirname, '..', '..', 'demo');

/** A stand-in of the demo: the folder of its program, its versions, and how one of them is started. */
interface DemoImage {
  readonly folder: string;
  readonly versions: readonly string[];
  readonly argv: (version: string) => string[];
}

/** Stand-ins for the images of Keptn's tours; each has a README beside its program. */
export const DEMO_IMAGES = {
  podtatoserver: {
    folder: join(DEMO, 'podtato-head', 'server'),
    versions: ['v0.1.1', 'v0.1.2', 'v0.1.3'],
    argv: (version) => ['/app/server.mjs', '--version', version, '--host', '0.0.0.0'],
  },
  carts: {
    folder: join(DEMO, 'sockshop', 'carts'),
    versions: ['0.10.1', '0.10.2', '0.10.3'],
    argv: (version) => ['/app/server.mjs', '--version', version],
  },
  'carts-db': {
    folder: join(DEMO, 'sockshop', 'carts-db'),
    versions: ['4.2.2'],
    argv: (version) => ['/app/server.mjs', version],
  },
} satisfies { [name: string]: DemoImage };

export type DemoImageName = keyof typeof DEMO_IMAGES;

/** Repository of the demo's images in a cluster that this machine brings up. */
export const OWN_DEMO_IMAGES = 'localhost/slipway-demo';

/** Puts the images of one stand-in into the own cluster; made anew when its program has changed. */
export async function ensureDemoImages(settings: ClusterSettings, name: DemoImageName): Promise<void> {
  const { folder, versions, argv }: DemoImage = DEMO_IMAGES[name];
  const stamps = statePath(settings, `demo-image-${name}`);
  await withLock(`${stamps}.lock`, async () => {
    const source = createHash('sha256');
    for (const file of readdirSync(folder)) source.update(readFileSync(join(folder, file)));
    const hash = source.digest('hex');
    const current = existsSync(stamps) && readFileSync(stamps, 'utf8') === hash;
    const there = current ? await importedImages(settings) : [];
    for (const version of versions) {
      const reference = `${OWN_DEMO_IMAGES}/${name}:${version}`;
      if (there.includes(reference)) continue;
      say(`making image ${reference}`);
      await importImage(settings, await nodeImage(reference, folder, argv(version)));
    }
    writeFileSync(stamps, hash);
  });
}
