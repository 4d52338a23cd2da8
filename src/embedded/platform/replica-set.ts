import { Agent } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { PlatformRetryableError, PlatformTerminalError } from '../../activities/platform/errors.ts';
import { answersOk } from '../http-ready.ts';
import { freePort } from '../ports.ts';
import type { RunningProcess } from '../processes/child-process.ts';
import { ProcessStartError } from '../processes/errors.ts';
import type { ProcessGroup } from '../processes/process-group.ts';

/** How to start the processes of one side at one version. */
export interface ReplicaSpec {
  /** For names of processes and logs, for example `podtatohead.hardening.helloservice.canary`. */
  name: string;
  /** Argument vector and environment of the process that listens on `port`. */
  command: (port: number) => { argv: [string, ...string[]]; env: NodeJS.ProcessEnv };
  cwd: string;
  readiness: { path: string; timeoutSeconds: number };
  drainSeconds: number;
}

/** One process of a side; the proxy counts its requests in flight. */
export interface Replica {
  readonly port: number;
  readonly agent: Agent;
  ready: boolean;
  inFlight: number;
}

interface Member extends Replica {
  process: RunningProcess;
  /** False once it is told to stop: its end is then no crash. */
  wanted: boolean;
}

const FIRST_RESTART_MILLISECONDS = 200;
const LAST_RESTART_MILLISECONDS = 10_000;
let started = 0;

/** The processes of one side at one version: started together, ready together, restarted when they crash. */
export class ReplicaSet {
  readonly #processes: ProcessGroup;
  readonly #spec: ReplicaSpec;
  readonly #onChange: () => void;
  #members: Member[] = [];
  #next = 0;

  constructor(processes: ProcessGroup, spec: ReplicaSpec, onChange: () => void) {
    this.#processes = processes;
    this.#spec = spec;
    this.#onChange = onChange;
  }

  /** Starts processes until there are `count`, all ready; on failure the new ones are stopped again. Throws PlatformError types. */
  async grow(count: number, progress: (text: string) => void): Promise<void> {
    const fresh: Member[] = [];
    try {
      while (this.#members.length + fresh.length < count) {
        progress(`starting ${this.#spec.name} (${this.#members.length + fresh.length + 1} of ${count})`);
        fresh.push(await this.#startMember());
      }
    } catch (error) {
      await Promise.all(fresh.map((member) => stopMember(member)));
      throw asPlatformError(error);
    }
    this.#members = [...this.#members, ...fresh];
    this.#onChange();
  }

  /** Takes the newest processes away until there are `count`, after their requests have ended. */
  async shrink(count: number): Promise<void> {
    const gone = this.#members.slice(count);
    this.#members = this.#members.slice(0, count);
    this.#onChange();
    const until = Date.now() + this.#spec.drainSeconds * 1000;
    while (gone.some(({ inFlight }) => inFlight > 0) && Date.now() < until) await delay(10);
    await Promise.all(gone.map((member) => stopMember(member)));
  }

  /** The next ready process in turn; undefined when none is ready. */
  pick(): Replica | undefined {
    for (let tries = 0; tries < this.#members.length; tries++) {
      const member = this.#members[this.#next++ % this.#members.length];
      if (member?.ready) return member;
    }
    return undefined;
  }

  get size(): number {
    return this.#members.length;
  }

  get ready(): boolean {
    return this.#members.length > 0 && this.#members.every((member) => member.ready);
  }

  get ports(): number[] {
    return this.#members.map((member) => member.port);
  }

  get inFlight(): number {
    return this.#members.reduce((sum, member) => sum + member.inFlight, 0);
  }

  async #startMember(): Promise<Member> {
    for (let attempt = 1; ; attempt++) {
      const port = await freePort(this.#spec.name);
      try {
        const process = await this.#startProcess(port);
        const agent = new Agent({ keepAlive: true, maxFreeSockets: 64 });
        const member = { port, agent, ready: true, inFlight: 0, process, wanted: true };
        void process.exited.then(() => this.#restart(member));
        return member;
      } catch (error) {
        // Between looking for a free port and its use another program may have taken it.
        const taken =
          error instanceof ProcessStartError && /EADDRINUSE|address already in use/i.test(error.message);
        if (!taken || attempt === 3) throw error;
      }
    }
  }

  #startProcess(port: number): Promise<RunningProcess> {
    const { name, cwd, readiness } = this.#spec;
    const { argv, env } = this.#spec.command(port);
    return this.#processes.start({
      name: `${name}.${++started}`,
      argv,
      env,
      cwd,
      isReady: () =>
        readiness.path === '' ? accepts(port) : answersOk(`http://127.0.0.1:${port}${readiness.path}`),
      readyTimeout: readiness.timeoutSeconds * 1000,
      stopTimeout: 10_000,
    });
  }

  /** Brings a crashed process back on its port, with growing pauses. */
  async #restart(member: Member): Promise<void> {
    for (let pause = FIRST_RESTART_MILLISECONDS; member.wanted; pause *= 2) {
      member.ready = false;
      await delay(Math.min(pause, LAST_RESTART_MILLISECONDS), undefined, { ref: false });
      if (!member.wanted) return;
      try {
        member.process = await this.#startProcess(member.port);
      } catch (error) {
        if (error instanceof ProcessStartError) continue; // its log tells; the side stays unready
        throw error;
      }
      if (!member.wanted) await member.process.stop();
      else {
        member.ready = true;
        void member.process.exited.then(() => this.#restart(member));
      }
      return;
    }
  }
}

async function stopMember(member: Member): Promise<void> {
  member.wanted = false;
  member.ready = false;
  await member.process.stop();
  member.agent.destroy();
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 1000 });
    const end = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false));
  });
}

function asPlatformError(error: unknown): unknown {
  if (!(error instanceof ProcessStartError)) return error;
  const { message } = error;
  if (error.reason === 'timeout') return new PlatformRetryableError(message, { cause: error });
  return new PlatformTerminalError(message, { cause: error });
}
