import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('../e2e/go-client', import.meta.url));

/** What a user of Keptn's command line would see: exit code (2 is a panic), values that came from the server, its error. */
export interface Outcome {
  exit: number;
  shown: unknown[];
  error: string;
}

/** One command for the client. */
export interface Call {
  endpoint: string;
  token: string;
  /** `keptn` and what follows it. */
  words: readonly string[];
  /** Where its files are; default here. */
  cwd?: string;
  /** Lines typed. */
  typed?: readonly string[];
}

/** Builds the Go client of Keptn into the directory; undefined with the reason on the console when this machine cannot. */
export function buildGoClient(directory: string): string | undefined {
  const program = join(directory, 'go-client');
  const { error, status, stderr } = spawnSync('go', ['build', '-o', program, '.'], {
    cwd: SOURCE,
    encoding: 'utf8',
    env: { ...process.env, GOFLAGS: '-buildvcs=false' },
    timeout: 240_000,
  });
  if (error === undefined && status === 0) return program;
  console.log(
    `      the Go client of Keptn cannot be built here: ${error?.message ?? stderr.trim().slice(-300)}`,
  );
  return undefined;
}

/** Makes the calls of one command of Keptn's command line and answers what it would show. */
export async function keptn(program: string, { endpoint, token, words, cwd, typed }: Call): Promise<Outcome> {
  const child = spawn(program, ['keptn', endpoint, token, ...words], {
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  // A command that asks nothing ends without reading.
  child.stdin.on('error', () => undefined);
  child.stdin.end((typed ?? []).map((line) => `${line}\n`).join(''));
  const [chunks] = await Promise.all([child.stdout.setEncoding('utf8').toArray(), once(child, 'close')]);
  return JSON.parse(chunks.join('')) as Outcome;
}
