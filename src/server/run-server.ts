import { randomBytes } from 'node:crypto';
import { createRuns } from '../client/engine.ts';
import { createReactions } from '../client/reactions.ts';
import { openParts, secretKeyFileIn } from '../composition/parts.ts';
import { tellingStore } from '../composition/telling-store.ts';
import { connectClient } from '../composition/temporal-access.ts';
import { ConfigurationError } from '../config/errors.ts';
import type { RunEnd, ServerOptions } from '../config/run-options.ts';
import { loadTemporalAccess } from '../config/temporal.ts';
import { createLogger } from '../logging.ts';
import { createServer } from './create-server.ts';
import { measureRequests, serveMetrics } from './http-metrics.ts';
import { serverRuns } from './temporal-runs.ts';

/** Serves the API until the signal. Throws ConfigurationError, StoreUnavailableError, TemporalUnreachableError. */
export async function runServer(options: ServerOptions): Promise<RunEnd> {
  const { settings, stateDir, storeUrl } = options;
  if (storeUrl === undefined) {
    throw new ConfigurationError('no database is known', 'set SLIPWAY_STORE_URL to a Postgres');
  }
  const logger = createLogger({ component: 'server', level: settings.get('logLevel') });
  const token = options.token ?? randomBytes(24).toString('base64url');
  const access = await loadTemporalAccess({ profile: settings.get('temporalProfile') });
  const gitDirectory = options.gitDir ?? `${stateDir}/git`;
  const { store: plainStore, config } = await openParts({
    storeUrl,
    gitDirectory,
    secretKeyFile: secretKeyFileIn(stateDir),
  });
  const temporal = await connectClient(access);
  const reactions = createReactions({ temporalClient: temporal.client, config, logger });
  const store = tellingStore(plainStore, reactions);
  try {
    const runs = serverRuns(createRuns({ temporalClient: temporal.client, store, config, logger }));
    const server = createServer({
      store,
      config,
      runs,
      token,
      logger,
      automaticProvisioning: settings.get('automaticProvisioning'),
      webUi: settings.get('webUi'),
    });
    const metricsAddress = settings.get('metricsAddress');
    const metrics = metricsAddress && (await serveMetrics(metricsAddress, measureRequests(server)));
    const address = await server.listen({ host: options.host, port: options.port });
    announce(options, `${address}/api`, token);
    await stopped(options.signal);
    await server.close();
    metrics?.close();
    return { exitCode: 0 };
  } finally {
    await temporal.close();
    await store.close();
  }
}

/** A token that was made here is printed once; one that was given is not. */
function announce({ output, token: given }: ServerOptions, endpoint: string, token: string): void {
  const made = given === undefined ? { token } : {};
  if (output === 'json') process.stdout.write(`${JSON.stringify({ endpoint, ...made })}\n`);
  else {
    process.stdout.write(`Slipway serves the Keptn API at ${endpoint}\n`);
    if (given === undefined)
      process.stdout.write(`token for this run: ${token} (set SLIPWAY_SERVER_TOKEN to keep one)\n`);
  }
}

function stopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
