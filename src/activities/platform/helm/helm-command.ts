import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '../../../contracts/json.ts';
import { PlatformTerminalError } from '../errors.ts';
import type { Chart } from './chart.ts';
import { writeChart } from './chart-archive.ts';
import { helmFailure } from './helm-failure.ts';

/** One revision of a release as `helm history` lists it. */
export interface Revision {
  readonly revision: number;
  /** Time of the last change, RFC 3339. */
  readonly updated: string;
  readonly status: string;
  readonly description: string;
}

/** A release in its namespace. */
export interface Release {
  readonly name: string;
  readonly namespace: string;
}

export interface HelmOptions {
  /** The helm program, version 3 or 4. Default `helm` on PATH. */
  readonly program?: string;
  /** Kubeconfig file; default as helm finds it itself. */
  readonly kubeconfig?: string;
  /** Seconds for one helm command, hooks included; default 180, as helm-service waited. */
  readonly timeoutSeconds?: number;
}

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const MAX_OUTPUT_BYTES = 32 * 1024 * 1024;
/** All that helm needs; whatever else is in the worker's environment (tokens, database addresses) is not its business. */
const PASSED_ENVIRONMENT = [
  'PATH',
  'HOME',
  'KUBECONFIG',
  'KUBERNETES_SERVICE_HOST',
  'KUBERNETES_SERVICE_PORT',
  'HTTPS_PROXY',
  'NO_PROXY',
];

/**
 * The helm program, by argument vector: names are checked, values go through a file and never through --set.
 * Throws PlatformTerminalError for what a repetition cannot change, PlatformRetryableError for the rest.
 */
export class HelmCommand {
  readonly #options: HelmOptions;
  /** The last change of each release that this process has made or tried. */
  readonly #changes = new Map<string, { began: number; ended: number }>();
  #major: Promise<number> | undefined;

  constructor(options: HelmOptions = {}) {
    this.#options = options;
  }

  /** Installs or upgrades without waiting for pods; the values come on top of the chart's own, earlier ones are forgotten. */
  async upgrade(
    release: Release,
    request: { chart: Chart; values: JsonObject; description: string },
  ): Promise<void> {
    const force = (await this.#version()) >= 4 ? ['--force-conflicts'] : [];
    await this.#withChart(request, (folder, values) =>
      this.#run(
        [
          'upgrade',
          release.name,
          folder,
          '--install',
          '--reset-values',
          `--values=${values}`,
          '--history-max=10',
          ...force,
        ],
        { release, description: request.description },
      ),
    );
  }

  /** Rendered objects of the chart; nothing is written. Without `onCluster` (helm 3.13) no cluster is asked. */
  async template(
    release: Release,
    request: { chart: Chart; values: JsonObject; onCluster?: { isUpgrade: boolean } },
  ): Promise<string> {
    const { onCluster } = request;
    const server = onCluster === undefined ? [] : ['--dry-run=server'];
    const upgrade = onCluster?.isUpgrade === true ? ['--is-upgrade'] : [];
    return this.#withChart(request, (folder, values) =>
      this.#run(
        ['template', release.name, folder, `--values=${values}`, '--no-hooks', ...server, ...upgrade],
        { release, offline: onCluster === undefined },
      ),
    );
  }

  /** Revisions, oldest first; empty when there is no such release. */
  async history(release: Release): Promise<Revision[]> {
    const found = await this.#unlessMissing(['history', release.name, '--output=json'], release);
    return found === undefined ? [] : (JSON.parse(found) as Revision[]);
  }

  /** Objects of the newest or the given revision as YAML; undefined when there is no such release. */
  async manifest(release: Release, revision?: number): Promise<string | undefined> {
    const which = revision === undefined ? [] : [`--revision=${revision}`];
    return this.#unlessMissing(['get', 'manifest', release.name, ...which], release);
  }

  /** All values of the newest revision, the chart's own included. */
  async values(release: Release): Promise<JsonObject> {
    const found = await this.#unlessMissing(
      ['get', 'values', release.name, '--all', '--output=json'],
      release,
    );
    return found === undefined ? {} : ((JSON.parse(found) as JsonObject | null) ?? {});
  }

  async rollback(release: Release, revision: number): Promise<void> {
    const force = (await this.#version()) >= 4 ? ['--force-conflicts'] : [];
    await this.#run(['rollback', release.name, String(revision), ...force], { release });
  }

  /** Removes the release; one that is not there is no error. */
  async uninstall(release: Release): Promise<void> {
    await this.#run(['uninstall', release.name, '--ignore-not-found'], { release });
  }

  /** True when a helm of this process began the revision and has ended since: then nobody is at work on it any more. */
  hasEnded({ name, namespace }: Release, { updated }: Revision): boolean {
    const change = this.#changes.get(`${namespace}/${name}`);
    const time = Date.parse(updated);
    return change !== undefined && change.began <= time && time <= change.ended;
  }

  async #unlessMissing(args: string[], release: Release): Promise<string | undefined> {
    try {
      return await this.#run(args, { release });
    } catch (error) {
      if (error instanceof PlatformTerminalError && /release: not found/i.test(error.message))
        return undefined;
      throw error;
    }
  }

  #version(): Promise<number> {
    this.#major ??= this.#execute(['version', '--template={{.Version}}']).then((text) => {
      const major = /^v(\d+)\./.exec(text.trim())?.[1];
      if (major === undefined)
        throw new PlatformTerminalError(`helm calls its version ${text.slice(0, 100)}; install helm 3 or 4`);
      return Number(major);
    });
    return this.#major;
  }

  async #withChart<T>(
    request: { chart: Chart; values: JsonObject },
    work: (folder: string, values: string) => Promise<T>,
  ): Promise<T> {
    const folder = await mkdtemp(join(tmpdir(), 'slipway-helm-'));
    try {
      const values = join(folder, 'slipway-values.json');
      await writeFile(values, JSON.stringify(request.values), { mode: 0o600 });
      return await work(await writeChart(request.chart, join(folder, 'chart')), values);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #run(
    args: string[],
    options: { release: Release; description?: string; offline?: boolean },
  ): Promise<string> {
    for (const name of [options.release.name, options.release.namespace]) {
      if (!DNS_LABEL.test(name)) {
        throw new PlatformTerminalError(
          `${JSON.stringify(name)} is no Kubernetes name; use at most 63 small letters, digits and dashes for project, stage and service`,
        );
      }
    }
    const common = [`--namespace=${options.release.namespace}`];
    if (options.description !== undefined) common.push(`--description=${options.description}`);
    const changes = ['upgrade', 'rollback', 'uninstall'].includes(args[0] ?? '');
    if (changes) common.push(`--timeout=${this.#timeout}s`);
    if (this.#options.kubeconfig !== undefined && options.offline !== true)
      common.push(`--kubeconfig=${this.#options.kubeconfig}`);
    const began = Date.now();
    try {
      return await this.#execute([...args, ...common]);
    } finally {
      const { name, namespace } = options.release;
      if (changes) this.#changes.set(`${namespace}/${name}`, { began, ended: Date.now() });
    }
  }

  get #timeout(): number {
    return this.#options.timeoutSeconds ?? 180;
  }

  /** Not broken off by an abort: a helm that is killed in the middle leaves its release pending. */
  #execute(args: string[]): Promise<string> {
    const program = this.#options.program ?? 'helm';
    const env = Object.fromEntries(PASSED_ENVIRONMENT.map((name) => [name, process.env[name]]));
    const timeout = (this.#timeout + 20) * 1000;
    return new Promise((resolve, reject) => {
      execFile(program, args, { env, timeout, maxBuffer: MAX_OUTPUT_BYTES }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(failure(program, args, { code: error.code, stderr: stderr || error.message }));
      });
    });
  }
}

function failure(program: string, args: string[], outcome: { code: unknown; stderr: string }): Error {
  if (outcome.code === 'ENOENT') {
    return new PlatformTerminalError(
      `the program ${program} is not there; install helm 3 or 4 or set its path (slipway doctor)`,
    );
  }
  return helmFailure(args, outcome.stderr);
}
