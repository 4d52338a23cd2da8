import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { createRuns } from '../client/engine.ts';
import { createReactions } from '../client/reactions.ts';
import { writeEmbeddedAccess } from '../composition/embedded-access.ts';
import { openParts, secretKeyFileIn } from '../composition/parts.ts';
import { tellingStore } from '../composition/telling-store.ts';
import { connectClient } from '../composition/temporal-access.ts';
import { type DevState, readDevState, removeDevState, writeDevState } from '../config/dev-state.ts';
import { createServer } from '../server/create-server.ts';
import { serverRuns } from '../server/temporal-runs.ts';
import { startPglite } from '../store/pglite.ts';
import { embeddedAlerting } from './alerting.ts';
import { startPlatformServer } from './platform/platform-server.ts';
import { freePort } from './ports.ts';
import { openProcessGroup } from './processes/process-group.ts';
import { startPrometheus } from './prometheus.ts';
import { startTemporalServer } from './temporal-server.ts';
import { startWorkerProcess } from './worker-process.ts';

/** Ports, place and progress of an embedded platform; an absent port means any free one. */
export interface StartDevOptions {
  stateDir: string;
  port?: number;
  temporalPort?: number;
  uiPort?: number;
  prometheusPort?: number;
  /** Keeps histories and events in memory only. */
  inMemory: boolean;
  logger: Logger;
  logLevel: string;
  /** Default true: Keptn's command line asks for no Git upstream. */
  automaticProvisioning?: boolean;
  onProgress: (text: string) => void;
}

/** A running embedded platform. */
export interface Dev {
  state: DevState;
  /** Stops everything in the reverse order of its start. */
  stop(): Promise<void>;
}

/**
 * Starts Temporal, Prometheus, the database, the local platform, the API and a worker (Alertmanager when there are alert rules), and writes `dev.json` for the other
 * commands. What has started is stopped again when a later part does not start. Throws PortInUseError, ProcessStartError,
 * StateDirectoryInUseError, ToolNotFoundError.
 */
export async function startDev(options: StartDevOptions): Promise<Dev> {
  const started = new Started();
  try {
    return await startParts(options, started);
  } catch (error) {
    await started.stopAll();
    throw error;
  }
}

async function startParts(options: StartDevOptions, started: Started): Promise<Dev> {
  const { stateDir, inMemory, onProgress, logger, logLevel } = options;
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const apiPort = await freePort('the API', options.port);
  const token = (await readDevState(stateDir))?.token ?? randomBytes(24).toString('base64url');
  const processes = await openProcessGroup(stateDir);
  started.push(() => processes.stopAll());

  onProgress('starting Temporal, Prometheus and the database');
  const [temporal, prometheus, database] = await started.all([
    startTemporalServer(processes, {
      ...(options.temporalPort === undefined ? {} : { port: options.temporalPort }),
      ...(options.uiPort === undefined ? {} : { uiPort: options.uiPort }),
      inMemory,
      restarts: logger,
      onProgress,
    }),
    startPrometheus(processes, {
      ...(options.prometheusPort === undefined ? {} : { port: options.prometheusPort }),
      restarts: logger,
      onProgress,
    }),
    startPglite(inMemory ? {} : { dataDir: join(stateDir, 'pglite') }),
  ]);
  const platform = await startPlatformServer(processes, { onProgress });
  started.push(() => platform.stop());

  const parts = {
    storeUrl: database.url,
    gitDirectory: join(stateDir, 'git'),
    secretKeyFile: secretKeyFileIn(stateDir),
  };
  const { store: plainStore, config } = await openParts(parts);
  started.push(() => plainStore.close());
  const { namespace } = temporal;
  const access = { connectionOptions: { address: temporal.address }, namespace };
  const client = await connectClient(access);
  started.push(() => client.close());
  const store = tellingStore(plainStore, createReactions({ temporalClient: client.client, config, logger }));

  onProgress('starting the API and the worker');
  const runs = serverRuns(createRuns({ temporalClient: client.client, store, config, logger }));
  const alerting = embeddedAlerting(processes, prometheus, {
    webhook: { url: `http://127.0.0.1:${apiPort}/api/alertmanager`, token },
    restarts: logger,
    onProgress,
  });
  started.push(() => alerting.stop());
  const server = await createServer({
    store,
    config,
    runs,
    token,
    logger,
    alertRules: alerting,
    automaticProvisioning: options.automaticProvisioning ?? true,
    webUi: temporal.uiUrl,
  });
  await server.listen({ host: '127.0.0.1', port: apiPort });
  started.push(() => server.close());
  await alerting.resume();
  await writeEmbeddedAccess(stateDir, {
    ...parts,
    temporalAddress: temporal.address,
    namespace,
    prometheusUrl: prometheus.url,
    platform: { endpoint: platform.endpoint, token: platform.token },
  });
  const { connection } = client;
  const worker = await startWorkerProcess({ processes, connection, namespace, logger, logLevel });
  started.push(() => worker.stop());

  const state: DevState = {
    endpoint: `http://127.0.0.1:${apiPort}/api`,
    token,
    temporal: temporal.address,
    ...(temporal.uiUrl === undefined ? {} : { temporalUi: temporal.uiUrl }),
    prometheus: prometheus.url,
    pid: process.pid,
  };
  await writeDevState(stateDir, state);
  started.push(() => removeDevState(stateDir));
  return { state, stop: () => started.stopAll() };
}

/** What has to be stopped, in the order of its start. */
class Started {
  readonly #stops: (() => Promise<unknown>)[] = [];

  push(stop: () => Promise<unknown>): void {
    this.#stops.push(stop);
  }

  /** Waits for parts that start side by side; each one that has started is stopped later, also when another one failed. */
  async all<T extends { stop(): Promise<unknown> }[]>(parts: { [I in keyof T]: Promise<T[I]> }): Promise<T> {
    const settled = await Promise.allSettled(parts);
    for (const part of settled) if (part.status === 'fulfilled') this.push(() => part.value.stop());
    return Promise.all(parts) as Promise<T>;
  }

  /** Every part is stopped, also when one of them fails to; the first failure is thrown at the end. */
  async stopAll(): Promise<void> {
    const failures: unknown[] = [];
    for (let stop = this.#stops.pop(); stop !== undefined; stop = this.#stops.pop()) {
      await stop().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}
