import type { Worker } from '@temporalio/worker';
import { createActivities } from '../activities/index.ts';
import { PrometheusProvider } from '../activities/sli/prometheus.ts';
import { createRuns } from '../client/engine.ts';
import { keptWarm } from '../client/kept-warm.ts';
import { createReactions } from '../client/reactions.ts';
import { taskQueuePollers } from '../client/task-queue-pollers.ts';
import { type EmbeddedAccess, readEmbeddedAccess } from '../composition/embedded-access.ts';
import { openParts, secretKeyFileIn, secretsOf } from '../composition/parts.ts';
import { tellingStore } from '../composition/telling-store.ts';
import { connectClient, connectWorker } from '../composition/temporal-access.ts';
import { ConfigurationError } from '../config/errors.ts';
import type { RunEnd, WorkerOptions } from '../config/run-options.ts';
import { loadTemporalAccess, type TemporalAccess } from '../config/temporal.ts';
import { createLogger } from '../logging.ts';
import type { Store } from '../store/store.ts';
import { createSlipwayWorker } from './create-worker.ts';
import { serveHealth, type WorkerHealth } from './health.ts';
import { choosePorts } from './ports.ts';
import { countRuns } from './run-metrics.ts';
import { installRuntime } from './telemetry.ts';

/** Everything that a worker must know to begin. */
interface Surroundings {
  temporal: TemporalAccess;
  storeUrl: string;
  gitDirectory: string;
  secretKeyFile: string;
  prometheusUrl: string | undefined;
  embedded: EmbeddedAccess | undefined;
}

/**
 * Runs a worker until the signal: beside a `slipway dev` on the same state directory it uses that platform's parts,
 * otherwise Temporal, Postgres, Git and Kubernetes as configured. Throws ConfigurationError, StoreUnavailableError,
 * TemporalUnreachableError.
 */
export async function runWorker(options: WorkerOptions): Promise<RunEnd> {
  const logger = createLogger({ component: 'worker', level: options.settings.get('logLevel') });
  const meter = installRuntime(logger, options.settings.get('metricsAddress'));
  const surroundings = await findSurroundings(options);
  const { store: plainStore, config } = await openParts(surroundings);
  const temporal = await connectClient(surroundings.temporal);
  const reactions = createReactions({ temporalClient: temporal.client, config, logger });
  const store = tellingStore(plainStore, reactions);
  const connection = await connectWorker(surroundings.temporal);
  try {
    const runs = createRuns({ temporalClient: temporal.client, store, config, logger });
    const secrets = secretsOf(store);
    const prometheus = new PrometheusProvider({
      config,
      secret: (name) => secrets.secret(name),
      ...(surroundings.prometheusUrl === undefined ? {} : { endpoint: surroundings.prometheusUrl }),
    });
    const ports = choosePorts(surroundings.embedded, { config, secrets });
    const allowed = options.settings.get('webhookAllowedHosts');
    const activities = createActivities({
      ...ports,
      store,
      config,
      runs,
      secrets,
      logger,
      sliProviders: new Map([[prometheus.name, prometheus]]),
      options: { ...ports.options, ...(allowed === undefined ? {} : { webhookAllowedHosts: allowed }) },
      keptWarm: keptWarm(temporal.client),
      reactions,
      hasPollers: taskQueuePollers(temporal.connection, surroundings.temporal.namespace),
    });
    const { namespace } = surroundings.temporal;
    const identity = process.env.SLIPWAY_WORKER_IDENTITY;
    const worker = await createSlipwayWorker({
      connection,
      namespace,
      activities: countRuns(activities, meter),
      ...(identity ? { identity } : {}),
    });
    const stop = (): void => worker.shutdown();
    if (options.signal.aborted) return { exitCode: 0 };
    options.signal.addEventListener('abort', stop, { once: true });
    logger.info({ address: surroundings.temporal.connectionOptions.address, namespace }, 'worker is running');
    const healthAddress = options.settings.get('healthAddress');
    const health = healthAddress && (await serveHealth(healthAddress, healthOf(worker, store)));
    try {
      await worker.run();
    } finally {
      await health?.close();
    }
    return { exitCode: 0 };
  } finally {
    await temporal.close();
    await connection.close();
    await store.close();
  }
}

async function findSurroundings(options: WorkerOptions): Promise<Surroundings> {
  const embedded = options.storeUrl === undefined ? await readEmbeddedAccess(options.stateDir) : undefined;
  if (embedded !== undefined) {
    const { temporalAddress, namespace, storeUrl, gitDirectory, secretKeyFile } = embedded;
    const prometheusUrl = options.prometheusUrl ?? embedded.prometheusUrl;
    const temporal = { connectionOptions: { address: temporalAddress }, namespace };
    return { temporal, storeUrl, gitDirectory, secretKeyFile, prometheusUrl, embedded };
  }
  if (options.storeUrl === undefined) {
    throw new ConfigurationError(
      `no database is known, and no \`slipway dev\` runs on ${options.stateDir}`,
      'set SLIPWAY_STORE_URL to a Postgres, or start `slipway dev`',
    );
  }
  return {
    temporal: await loadTemporalAccess({ profile: options.settings.get('temporalProfile') }),
    storeUrl: options.storeUrl,
    gitDirectory: options.gitDir ?? `${options.stateDir}/git`,
    secretKeyFile: secretKeyFileIn(options.stateDir),
    prometheusUrl: options.prometheusUrl,
    embedded: undefined,
  };
}

/** A worker that has failed stays failed; one without its database takes tasks that cannot end. */
function healthOf(worker: Worker, store: Store): WorkerHealth {
  return {
    broken: () => (worker.getState() === 'FAILED' ? 'the Temporal worker has failed' : undefined),
    notReady: async () => {
      const state = worker.getState();
      if (state !== 'RUNNING') return `the Temporal worker is ${state}`;
      await store.ping();
      return undefined;
    },
  };
}
