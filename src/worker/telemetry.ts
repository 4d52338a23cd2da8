import { readFileSync } from 'node:fs';
import type { MetricMeter } from '@temporalio/common';
import { DefaultLogger, type LogEntry, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { NetworkAddress } from '../config/setting-kinds.ts';

/**
 * Installs Temporal's native runtime for this process, once: its lines join the JSON log, and with an address it serves the
 * SDK's and Slipway's own metrics for Prometheus at `/metrics` there. Answers the meter for Slipway's own.
 */
export function installRuntime(logger: Logger, metrics: NetworkAddress | undefined): MetricMeter {
  const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;
  const write = ({ level, message, meta }: LogEntry): void => {
    const { sdkComponent, taskToken: _token, ...rest } = { ...meta } as { [key: string]: unknown };
    logger[levels[level]]({ sdkComponent, ...rest }, message);
  };
  const logging = { forward: {}, filter: { core: 'WARN', other: 'ERROR' } } as const;
  Runtime.install({
    logger: new DefaultLogger('INFO', write),
    telemetryOptions: metrics === undefined ? { logging } : { logging, metrics: exporter(metrics) },
    // The command's own signal handling stops the worker, after it has told what it does.
    shutdownSignals: [],
  });
  checkVersions(logger);
  return Runtime.instance().metricMeter;
}

/** Names as Prometheus wants them: seconds, with the unit and `_total` at the end. */
function exporter({ host, port }: NetworkAddress): {
  prometheus: {
    bindAddress: string;
    countersTotalSuffix: boolean;
    unitSuffix: boolean;
    useSecondsForDurations: boolean;
  };
} {
  const bindAddress = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    prometheus: { bindAddress, countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true },
  };
}

/** Mixed SDK versions fail in strange ways; better to say so at the start. */
function checkVersions(logger: Logger): void {
  const packages = ['client', 'common', 'activity', 'workflow'];
  const versionOf = (name: string): string => {
    const file = new URL(import.meta.resolve(`@temporalio/${name}/package.json`));
    return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  };
  const own = versionOf('worker');
  const others = packages.filter((name) => versionOf(name) !== own);
  if (others.length > 0) {
    logger.error({ worker: own, others }, 'different versions of @temporalio packages are installed');
  }
}
