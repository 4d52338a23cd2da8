import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { KubernetesApi } from '../../src/activities/kubernetes/kubernetes-api.ts';
import { SlipwayClient } from '../../src/client/index.ts';
import { answersOk } from '../../src/embedded/http-ready.ts';
import { freePort } from '../../src/embedded/ports.ts';
import type { RunningProcess } from '../../src/embedded/processes/child-process.ts';
import { logFile, readLogTail } from '../../src/embedded/processes/log-file.ts';
import { openProcessGroup, type ProcessGroup } from '../../src/embedded/processes/process-group.ts';
import { startPrometheus } from '../../src/embedded/prometheus.ts';
import { startTemporalServer } from '../../src/embedded/temporal-server.ts';
import { startPglite } from '../../src/store/pglite.ts';
import { followPods } from './pod-targets.ts';
import { findHelm } from './programs.ts';
import { clusterSettings } from './settings.ts';
import type { RouterName, Target } from './target.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const BIN = join(ROOT, 'bin', 'slipway.mjs');
const TOKEN = 'tour';

/** Where the tours' services are reachable: `<service>.<project>-<stage>.slipway.test`. */
export const HOST_SUFFIX = 'slipway.test';

/** What a command printed and how it ended. */
export interface Told {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The whole of Slipway beside a cluster: server and worker as processes of their own, real Temporal, real Prometheus, a CLI. */
export interface Product {
  readonly client: SlipwayClient;
  readonly gitDir: string;
  readonly prometheusUrl: string;
  /** Runs `slipway <arguments>`, as a user would type it, and prints it. */
  slipway(args: readonly string[]): Promise<Told>;
  /** As `slipway`, and throws unless the command ends with the expected code (default 0). */
  run(args: readonly string[], code?: number): Promise<string>;
  /** `kill -9` of the worker; a new one is started. */
  killWorker(): Promise<void>;
  workerLog(): string;
  stop(): Promise<void>;
}

/** Starts everything; `namespaces` are those that Prometheus looks through. */
export async function startProduct(
  target: Target,
  options: { router: RouterName; namespaces: readonly string[] },
): Promise<Product> {
  const stateDir = mkdtempSync(join(tmpdir(), 'slipway-tour-'));
  const processes = await openProcessGroup(stateDir);
  const targets = join(stateDir, 'pods', 'targets.json');
  const ends: (() => Promise<unknown>)[] = [() => processes.stopAll()];
  // Side by side: none of them needs another one to end well.
  const stop = async (): Promise<void> => {
    const ended = await Promise.allSettled(ends.map((end) => end()));
    const failed = ended.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    rmSync(stateDir, { recursive: true, force: true });
  };
  try {
    const temporal = await startTemporalServer(processes, { headless: true, inMemory: true });
    const prometheus = await startPrometheus(processes, {
      scrapeInterval: '1s',
      scrapeConfigs: [scrapeJob(targets)],
    });
    const pods = followPods(KubernetesApi.load(target.kubeconfig), options.namespaces, targets);
    ends.push(() => pods.stop());
    const database = await startPglite({});
    ends.push(() => database.stop());
    const common = {
      ...process.env,
      TEMPORAL_ADDRESS: temporal.address,
      SLIPWAY_STORE_URL: database.url,
      SLIPWAY_STATE_DIR: stateDir,
      SLIPWAY_LOG_LEVEL: 'info',
      XDG_CONFIG_HOME: join(stateDir, 'config'),
    };
    const endpoint = await startServer(processes, common);
    const helm = findHelm(clusterSettings());
    const workerEnv = {
      ...common,
      ...target.workerEnv(options.router),
      KUBECONFIG: target.kubeconfig,
      SLIPWAY_TRAFFIC: options.router,
      SLIPWAY_PROMETHEUS_URL: prometheus.url,
      INGRESS_HOSTNAME_SUFFIX: HOST_SUFFIX,
      ...(helm === undefined ? {} : { SLIPWAY_HELM: helm }),
    };
    let worker = await startWorker(processes, workerEnv);
    const cliEnv = { ...common, SLIPWAY_ENDPOINT: endpoint, SLIPWAY_TOKEN: TOKEN, NO_COLOR: '1' };
    const slipway = (args: readonly string[]): Promise<Told> => command(args, cliEnv);
    return {
      client: new SlipwayClient({ endpoint, token: TOKEN }),
      gitDir: join(stateDir, 'git'),
      prometheusUrl: prometheus.url,
      slipway,
      run: async (args, code = 0) => {
        const told = await slipway(args);
        if (told.code === code) return told.out;
        const asked = `slipway ${args.join(' ')} ended with ${told.code}, not ${code}`;
        throw new Error(
          `${asked}:\n${told.out}${told.err}\nthe worker's log ends with:\n${worker.logTail()}`,
        );
      },
      killWorker: async () => {
        process.kill(worker.pid, 'SIGKILL');
        await worker.exited;
        worker = await startWorker(processes, workerEnv);
      },
      workerLog: () => readFileSync(worker.logFile, 'utf8'),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The job that docs/kubernetes.md recommends, over a file of targets. */
function scrapeJob(targets: string): object {
  const file = join(ROOT, 'k8s', 'prometheus-scrape.yaml');
  const [job] = load(readFileSync(file, 'utf8')) as { kubernetes_sd_configs: object[] }[];
  const { kubernetes_sd_configs: _replaced, ...rest } = job ?? {};
  const often = { scrape_interval: '1s', scrape_timeout: '1s' };
  return { ...rest, ...often, file_sd_configs: [{ files: [targets], refresh_interval: '1s' }] };
}

async function startServer(processes: ProcessGroup, env: NodeJS.ProcessEnv): Promise<string> {
  const port = await freePort('the server');
  await processes.start({
    name: 'server',
    argv: [process.execPath, BIN, 'server', '--port', String(port)],
    env: { ...env, SLIPWAY_SERVER_TOKEN: TOKEN },
    isReady: () => answersOk(`http://127.0.0.1:${port}/health`),
    readyTimeout: 60_000,
  });
  return `http://127.0.0.1:${port}/api`;
}

function startWorker(processes: ProcessGroup, env: NodeJS.ProcessEnv): Promise<RunningProcess> {
  return processes.start({
    name: 'worker',
    argv: [process.execPath, BIN, 'worker'],
    env,
    isReady: async () => readLogTail(logFile(processes.stateDir, 'worker')).includes('worker is running'),
    readyTimeout: 60_000,
    stopTimeout: 20_000,
  });
}

function command(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Told> {
  return new Promise((resolve) => {
    const since = Date.now();
    execFile(
      process.execPath,
      [BIN, ...args],
      { env, maxBuffer: 10 * 1024 * 1024, timeout: 15 * 60_000 },
      (error, out, err) => {
        const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : -1;
        const seconds = ((Date.now() - since) / 1000).toFixed(1);
        console.log(`      $ slipway ${args.join(' ')}   # ${code} after ${seconds} s`);
        resolve({ code, out, err });
      },
    );
  });
}
