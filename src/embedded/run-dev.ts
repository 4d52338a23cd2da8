import type { DevState } from '../config/dev-state.ts';
import type { DevOptions, RunEnd } from '../config/run-options.ts';
import { createLogger } from '../logging.ts';
import { startDev } from './start-dev.ts';

/** Starts the embedded platform, tells its addresses, and stops it on the signal. */
export async function runDev(options: DevOptions): Promise<RunEnd> {
  const logLevel = options.settings.get('logLevel');
  const logger = createLogger({ component: 'dev', level: logLevel });
  const { stateDir, inMemory, output, signal } = options;
  const dev = await startDev({
    stateDir,
    inMemory,
    logger,
    logLevel,
    automaticProvisioning: options.settings.get('automaticProvisioning'),
    onProgress: (text) => process.stderr.write(`slipway dev: ${text}\n`),
    ...portsOf(options),
  });
  process.stdout.write(
    output === 'json' ? `${JSON.stringify(addressesOf(dev.state))}\n` : welcome(dev.state),
  );
  await stopped(signal);
  process.stderr.write('slipway dev: stopping …\n');
  await dev.stop();
  return { exitCode: 0 };
}

function portsOf(
  options: DevOptions,
): Pick<DevOptions, 'port' | 'temporalPort' | 'uiPort' | 'prometheusPort'> {
  const { port, temporalPort, uiPort, prometheusPort } = options;
  return {
    ...(port === undefined ? {} : { port }),
    ...(temporalPort === undefined ? {} : { temporalPort }),
    ...(uiPort === undefined ? {} : { uiPort }),
    ...(prometheusPort === undefined ? {} : { prometheusPort }),
  };
}

/** The one line of `-o json`. */
function addressesOf({ endpoint, token, temporal, temporalUi, prometheus }: DevState): object {
  return { endpoint, token, temporal, temporalUi, prometheus };
}

function welcome({ endpoint, token, temporal, temporalUi, prometheus }: DevState): string {
  return [
    'Slipway is up. Ctrl-C stops it.',
    '',
    `  API          ${endpoint}   (x-token: ${token})`,
    `  Temporal     ${temporal}`,
    `  Temporal UI  ${temporalUi ?? '-'}`,
    `  Prometheus   ${prometheus ?? '-'}`,
    '',
    'Other `slipway` commands find it by themselves. Begin with:',
    '',
    '  npx slipway create project hello --shipyard demo/podtato-head/shipyard.yaml',
    '',
  ].join('\n');
}

function stopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
