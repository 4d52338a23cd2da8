import { spawn } from 'node:child_process';

/** A git command that ended with another code than 0; `stderr` has secrets removed. */
export class GitCommandError extends Error {
  override readonly name = 'GitCommandError';
  readonly code: number | null;
  readonly stderr: string;

  constructor(command: string, code: number | null, stderr: string) {
    super(`git ${command} failed with code ${code}: ${stderr}`);
    this.code = code;
    this.stderr = stderr;
  }
}

export interface GitOptions {
  /** Bytes for the command's standard input. */
  input?: Uint8Array | string;
  /** Added to the environment: credentials, an index file. */
  env?: { [name: string]: string };
  /** Texts that must not appear in an error. */
  secrets?: string[];
  /** Milliseconds, default 60,000. */
  timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/** Nothing of the user's or the machine's Git configuration, hooks or prompts may change what a command does. */
const NEUTRAL = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  LC_ALL: 'C',
  GIT_AUTHOR_NAME: 'slipway',
  GIT_AUTHOR_EMAIL: 'slipway@localhost',
  GIT_COMMITTER_NAME: 'slipway',
  GIT_COMMITTER_EMAIL: 'slipway@localhost',
};

/** Shorter values are not masked: they would make the text unreadable and say little about the secret. */
const SHORTEST_MASKED = 3;

/** Takes user and password out of URLs and the given secrets (of three characters or more) out of a text. */
export function withoutSecrets(text: string, secrets: string[] = []): string {
  let clean = text.replace(/(\w+:\/\/)[^/@\s]+@/g, '$1');
  for (const secret of secrets.filter(({ length }) => length >= SHORTEST_MASKED)) {
    clean = clean.replaceAll(secret, '***');
  }
  return clean;
}

/** Runs git on a bare repository and answers its standard output as bytes; throws GitCommandError. */
export function git(directory: string, argv: string[], options: GitOptions = {}): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', ['--git-dir', directory, '-c', 'core.quotePath=false', ...argv], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...NEUTRAL, ...options.env },
      timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) return resolve(Buffer.concat(out));
      const text = withoutSecrets(Buffer.concat(err).toString('utf8').trim(), options.secrets);
      return reject(new GitCommandError(argv[0] ?? '', code, text || 'it took too long'));
    });
    // A command that ends without reading its input closes the pipe; its exit code tells why.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

/** As git, with the output as trimmed text. */
export async function gitText(directory: string, argv: string[], options: GitOptions = {}): Promise<string> {
  return (await git(directory, argv, options)).toString('utf8').trim();
}

/** As gitText, but undefined when git says that the object or reference is not there. */
export async function gitLookup(directory: string, argv: string[]): Promise<string | undefined> {
  try {
    return await gitText(directory, argv);
  } catch (error) {
    if (error instanceof GitCommandError && (error.code === 128 || error.code === 1)) return undefined;
    throw error;
  }
}
