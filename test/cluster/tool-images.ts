import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { say } from './command.ts';
import { imageArchive, importedImages, importImage, putProgram } from './image.ts';
import { withLock } from './lock.ts';
import { clusterSettings, statePath } from './settings.ts';

/** Programs that a job needs to hand files back. */
const SHELL = ['sh', 'gzip', 'base64', 'head', 'cat', 'ls'];

/** An image with Node as its entrypoint and with a shell; SLIPWAY_TEST_SHELL_IMAGE on a cluster of another kind. */
export async function shellImage(): Promise<string> {
  return toolImage('shell', { entrypoint: ['/bin/node'] }, async (root) => {
    await putProgram(process.execPath, join(root, 'bin', 'node'), root);
  });
}

/**
 * Puts an image with a shell and a tool into the own cluster, once; `fill` lays the tool out. On a cluster that
 * SLIPWAY_KUBECONFIG names it is the one of SLIPWAY_TEST_<NAME>_IMAGE.
 */
export async function toolImage(
  name: string,
  { entrypoint, version = '1' }: { entrypoint: string[]; version?: string },
  fill: (root: string) => Promise<void>,
): Promise<string> {
  if (process.env.SLIPWAY_KUBECONFIG) {
    const variable = `SLIPWAY_TEST_${name.toUpperCase()}_IMAGE`;
    const given = process.env[variable];
    if (given) return given;
    throw new Error(`set ${variable} beside SLIPWAY_KUBECONFIG (docs/kubernetes.md)`);
  }
  const settings = clusterSettings();
  const reference = `localhost/slipway-tools/${name}:${version}`;
  await withLock(`${statePath(settings, `tool-image-${name}`)}.lock`, async () => {
    if ((await importedImages(settings)).includes(reference)) return;
    say(`making image ${reference}`);
    const image = await imageArchive(reference, entrypoint, async (root) => {
      for (const program of SHELL) await putProgram(`/usr/bin/${program}`, join(root, 'bin', program), root);
      mkdirSync(join(root, 'tmp'));
      mkdirSync(join(root, 'etc'));
      cpSync('/etc/nsswitch.conf', join(root, 'etc', 'nsswitch.conf'));
      await fill(root);
    });
    await importImage(settings, image);
  });
  return reference;
}
