import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** What a constant-rate client has seen. */
export interface LoadReport {
  readonly sent: number;
  readonly failed: number;
  /** Answers by the version that gave them. */
  readonly versions: { readonly [version: string]: number };
  readonly seconds: number;
  /** The first twenty. */
  readonly failures: readonly { at: number; what: string }[];
}

export interface LoadShape {
  /** Requests per second. */
  readonly rate: number;
  readonly connections: 'keep-alive' | 'close';
}

/** Does the work while a client in a process of its own asks at a constant rate; prints and answers what the client saw. */
export async function underLoad(
  load: LoadShape & { url: string; host: string },
  work: () => Promise<void>,
): Promise<LoadReport> {
  const client = new Load(load);
  let report: LoadReport | undefined;
  try {
    await client.started();
    await delay(SETTLE_MS);
    await work();
    await delay(SETTLE_MS);
  } finally {
    report = await client.stop();
    const { sent, failed, versions, seconds } = report;
    const seen = `${failed} of ${sent} failed in ${seconds} s, answered by ${JSON.stringify(versions)}`;
    console.log(`      ${load.url} at ${load.rate}/s, ${load.connections}: ${seen}`);
  }
  return report;
}

/** Milliseconds of load before and after the work: long enough to see a pod end that the work has told to. */
const SETTLE_MS = 1500;

/** A client in a process of its own, so that the work of the test cannot make it pause. */
export class Load {
  readonly #child: ChildProcess;
  readonly #output: string[] = [];
  readonly #ended: Promise<void>;
  readonly #started: Promise<void>;

  constructor(load: LoadShape & { url: string; host: string }) {
    const script = join(import.meta.dirname, 'load-client.ts');
    const args = [script, load.url, load.host, String(load.rate), load.connections];
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('exit', () => resolve());
    });
    this.#started = new Promise((resolve) => {
      this.#child.stdout?.on('data', (chunk: Buffer) => {
        this.#output.push(chunk.toString());
        resolve();
      });
    });
  }

  /** Returns when requests are being sent. */
  started(): Promise<void> {
    return this.#started;
  }

  /** Stops sending, waits for the answers and gives the report. */
  async stop(): Promise<LoadReport> {
    this.#child.kill('SIGTERM');
    await this.#ended;
    return JSON.parse(this.#output.join('').split('\n')[1] ?? '') as LoadReport;
  }
}
