import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import { ToolSourceError } from './errors.ts';
import type { Source } from './tool.ts';

const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies';

/** Artifacts of a Maven repository and what they need. */
export interface MavenJars {
  group: string;
  artifacts: readonly string[];
  version: string;
  /** sha256 over the lines `<sha256>  <file name>` of all jars, sorted by name. */
  sha256: string;
  /** Makes the program out of the jars in `jars`, below `into`; answers its path there. */
  layOut(place: { jars: string; names: readonly string[]; into: string }): Promise<string>;
}

/** A Java program that is made of jars: fetched by `mvn`, which knows the machine's mirrors and proxies, and checked against one pin. */
export function mavenJars(wanted: MavenJars): Source {
  return {
    description: `Maven artifacts ${wanted.group}:${wanted.artifacts[0]}:${wanted.version}`,
    origin: 'registry',
    async fetch({ into, onProgress }) {
      await runCommand('java', ['-version'], { timeoutSeconds: 20 });
      const work = await mkdtemp(join(tmpdir(), 'slipway-maven-'));
      try {
        const jars = join(work, 'jars');
        onProgress(`mvn ${wanted.group}:${wanted.artifacts[0]}:${wanted.version} and what it needs`);
        await writeFile(join(work, 'pom.xml'), pomOf(wanted));
        const args = ['--batch-mode', '--quiet', '--file', join(work, 'pom.xml'), COPY];
        await runCommand('mvn', [...args, `-DoutputDirectory=${jars}`], { cwd: work, timeoutSeconds: 600 });
        const names = (await readdir(jars)).filter((name) => name.endsWith('.jar')).sort();
        const actual = await digestOf(jars, names);
        if (actual !== wanted.sha256) {
          throw new ToolSourceError(
            `the ${names.length} jars have the sha256 ${actual}, pinned is ${wanted.sha256}: they were not used`,
          );
        }
        return { program: await wanted.layOut({ jars, names, into }) };
      } finally {
        await rm(work, { recursive: true, force: true });
      }
    },
  };
}

async function digestOf(directory: string, names: readonly string[]): Promise<string> {
  const digest = createHash('sha256');
  for (const name of names) {
    const content = createHash('sha256').update(await readFile(join(directory, name)));
    digest.update(`${content.digest('hex')}  ${name}\n`);
  }
  return digest.digest('hex');
}

function pomOf({ group, artifacts, version }: MavenJars): string {
  const dependencies = artifacts.map(
    (artifact) =>
      `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`,
  );
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>slipway</groupId><artifactId>tool</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>${dependencies.join('\n')}</dependencies></project>
`;
}
