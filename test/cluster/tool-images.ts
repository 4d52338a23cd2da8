import { cpSync, mkdirSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { resolveTool } from '../../src/embedded/tools/resolve.ts';
import { run, say } from './command.ts';
import { imageArchive, importedImages, importImage, putNeeded, putProgram } from './image.ts';
import { withLock } from './lock.ts';
import { program } from './programs.ts';
import { clusterSettings, statePath } from './settings.ts';

/** Programs that a job needs to hand files back. */
const SHELL = ['sh', 'gzip', 'base64', 'head', 'cat', 'ls'];

/** An image with Node as its entrypoint and with a shell; SLIPWAY_TEST_SHELL_IMAGE on a cluster of another kind. */
export async function shellImage(): Promise<string> {
  return toolImage('shell', { entrypoint: ['/bin/node'] }, async (root) => {
    await putProgram(process.execPath, join(root, 'bin', 'node'), root);
  });
}

/** An image with the Helm of the cluster's own programs. */
export async function helmImage(): Promise<string> {
  return toolImage('helm', { entrypoint: ['/bin/helm'] }, async (root) => {
    cpSync(program(clusterSettings(), 'helm'), join(root, 'bin', 'helm'));
  });
}

/** An image with the Locust of the cache: its Python without tests, its libraries, and what `ldd` names for both. */
export async function locustImage(): Promise<string> {
  return toolImage('locust', { entrypoint: ['/bin/locust'] }, async (root) => {
    const venv = dirname((await resolveTool('locust', { onProgress: say })).path);
    const python = join(venv, 'bin', 'python');
    const answer = await run(python, [
      '-c',
      'import sys, sysconfig; print(sys.base_prefix, sysconfig.get_paths()["stdlib"], sysconfig.get_paths()["purelib"])',
    ]);
    const [, stdlib = '', packages = ''] = answer.trim().split(' ');
    await putProgram(python, join(root, 'python', 'bin', 'python3'), root);
    const into = join(root, 'python', 'lib', basename(stdlib));
    const left = /\/(__pycache__|site-packages|dist-packages|test|idlelib|ensurepip|lib2to3|config-[^/]*)$/;
    cpSync(stdlib, into, { recursive: true, filter: (path) => !left.test(path) });
    cpSync(packages, join(into, 'site-packages'), {
      recursive: true,
      filter: (path) => !/\/(__pycache__|pip)$/.test(path),
    });
    await putLibraries(into, root);
    writeFileSync(join(root, 'bin', 'locust'), '#!/bin/sh\nexec /python/bin/python3 -m locust "$@"\n', {
      mode: 0o755,
    });
  });
}

/** An image with the JMeter of the cache and the Java of this machine. */
export async function jmeterImage(): Promise<string> {
  return toolImage('jmeter', { entrypoint: ['/bin/jmeter'] }, async (root) => {
    const home = dirname(dirname((await resolveTool('jmeter', { onProgress: say })).path));
    const java = dirname(dirname(realpathSync((await run('which', ['java'])).trim())));
    const left = /\/(jmods|src\.zip|man|demo|include|classlist)$/;
    cpSync(java, join(root, 'java'), {
      recursive: true,
      dereference: true,
      filter: (path) => !left.test(path),
    });
    await putLibraries(join(root, 'java'), root);
    await putProgram(join(java, 'bin', 'java'), join(root, 'java', 'bin', 'java'), root);
    cpSync(home, join(root, 'jmeter'), { recursive: true });
    writeFileSync(
      join(root, 'bin', 'jmeter'),
      '#!/bin/sh\nexec /java/bin/java -Xmx512m -jar /jmeter/bin/ApacheJMeter.jar "$@"\n',
      { mode: 0o755 },
    );
  });
}

/** The libraries that the shared objects below a folder need. */
async function putLibraries(folder: string, root: string): Promise<void> {
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (path.endsWith('.so')) await putNeeded(join(folder, path), root);
  }
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
