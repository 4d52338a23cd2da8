import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type MavenJars, mavenJars } from './maven-source.ts';
import type { Tool } from './tool.ts';
import { zipMembers } from './zip.ts';

/** Starts the jars beside it with the Java of the PATH. */
const LAUNCHER = `#!/bin/sh
exec java -Xms256m -Xmx1g -jar "\${0%/*}/ApacheJMeter.jar" "$@"
`;

/** Apache JMeter, which runs the .jmx scripts of load tests; needs Java 8 or newer. */
export const jmeter: Tool = {
  name: 'jmeter',
  pinned: '5.6.3',
  minimum: '5.0',
  programs: ['jmeter'],
  versionArgs: ['--version'],
  versionPattern: /\s(\d+\.\d+(?:\.\d+)?)\s/,
  sources: [
    mavenJars({
      group: 'org.apache.jmeter',
      artifacts: [
        'ApacheJMeter',
        'ApacheJMeter_http',
        'ApacheJMeter_components',
        'ApacheJMeter_java',
        'ApacheJMeter_functions',
        'ApacheJMeter_config',
      ],
      version: '5.6.3',
      sha256: '560e3832195d5e10169c37171318c95886720415e06c2a3443f79d0cee8ae8a0',
      layOut,
    }),
  ],
  advice:
    'Install Java and Apache JMeter 5 (https://jmeter.apache.org/download_jmeter.cgi) so that `jmeter --version` works, or set SLIPWAY_CACHE to a directory that a machine with network access has filled.',
};

/** The folders of JMeter's own archive: it looks for its parts in lib/ext, and for its properties in bin. */
async function layOut({ jars, names, into }: Parameters<MavenJars['layOut']>[0]): Promise<string> {
  for (const folder of ['bin', 'lib/ext', 'lib/junit']) await mkdir(join(into, folder), { recursive: true });
  for (const name of names) {
    if (name.startsWith('ApacheJMeter_config-')) await unpackBin(await readFile(join(jars, name)), into);
    else await copyFile(join(jars, name), join(into, placeOf(name)));
  }
  await writeFile(join(into, 'bin', 'jmeter'), LAUNCHER, { mode: 0o755 });
  return 'bin/jmeter';
}

function placeOf(name: string): string {
  if (name.startsWith('ApacheJMeter-')) return 'bin/ApacheJMeter.jar';
  return name.startsWith('ApacheJMeter_') ? `lib/ext/${name}` : `lib/${name}`;
}

async function unpackBin(archive: Buffer, into: string): Promise<void> {
  const inside = (name: string) => name.startsWith('bin/') && !name.endsWith('/') && !name.includes('..');
  for (const { name, content } of zipMembers(archive, inside)) {
    await mkdir(dirname(join(into, name)), { recursive: true });
    await writeFile(join(into, name), content);
  }
}
