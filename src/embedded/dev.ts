import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type AlertmanagerServer, startAlertmanager } from './alertmanager.ts';
import { type PlatformServer, startPlatformServer } from './platform/platform-server.ts';
import { openProcessGroup, type ProcessGroup } from './processes/process-group.ts';
import { type PrometheusServer, startPrometheus } from './prometheus.ts';
import { startTemporalServer, type TemporalServer } from './temporal-server.ts';
import type { OnProgress } from './tools/tool.ts';

/** A store that runs beside the other parts, for example PGlite over a socket. */
export interface EmbeddedStore {
  /** Connection text for workers and server. */
  url: string;
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Everything that is kept lies here: histories, metrics, files, services, logs. */
  stateDir: string;
  /** An absent port, or 0, takes any free one. */
  ports?: {
    temporal?: number;
    temporalUi?: number;
    prometheus?: number;
    platform?: number;
    alertmanager?: number;
  };
  /** Keeps Temporal's histories in memory only; default false. */
  inMemory?: boolean;
  /** No Temporal web UI; default false. */
  headless?: boolean;
  /** Default `1s`. */
  scrapeInterval?: string;
  /** Starts Alertmanager too, which posts alerts there; absent: no Alertmanager. */
  alertWebhook?: { url: string; token?: string };
  startStore?: (stateDir: string) => Promise<EmbeddedStore>;
  onProgress?: OnProgress;
}

/** The running embedded platform. */
export interface Embedded {
  stateDir: string;
  /** For further child processes that must end with the platform, such as a worker. */
  processes: ProcessGroup;
  temporal: TemporalServer;
  prometheus: PrometheusServer;
  platform: PlatformServer;
  alertmanager?: AlertmanagerServer;
  store?: EmbeddedStore;
  /** Stops everything; no process and no port stays. May be called again. */
  stop(): Promise<void>;
}

/**
 * Starts all parts of the embedded platform side by side. When one fails, the others are stopped again and its error is thrown:
 * ToolNotFoundError, PortInUseError, ProcessStartError, StateDirectoryInUseError or EmbeddedStartError.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const stateDir = resolve(options.stateDir);
  await mkdir(stateDir, { recursive: true });
  const processes = await openProcessGroup(stateDir);
  const stops: (() => Promise<void>)[] = [];
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= stopAll(processes, stops);
    return stopping;
  };
  const part = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const started = await starting;
    stops.push(() => started.stop());
    return started;
  };
  try {
    const [temporal, platform, store, monitoring] = await allOrFirstError([
      part(startTemporalServer(processes, temporalOptions(options))),
      part(startPlatformServer(processes, partOptions(options, 'platform'))),
      options.startStore ? part(options.startStore(stateDir)) : undefined,
      startMonitoring(processes, options, part),
    ]);
    const { prometheus, alertmanager } = monitoring;
    return {
      ...{ stateDir, processes, temporal, prometheus, platform, stop },
      ...(alertmanager === undefined ? {} : { alertmanager }),
      ...(store === undefined ? {} : { store }),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Part = <T extends { stop(): Promise<void> }>(starting: Promise<T>) => Promise<T>;

async function startMonitoring(processes: ProcessGroup, options: EmbeddedOptions, part: Part) {
  const alertmanager = options.alertWebhook
    ? await part(
        startAlertmanager(processes, {
          ...partOptions(options, 'alertmanager'),
          webhook: options.alertWebhook,
        }),
      )
    : undefined;
  const prometheus = await part(
    startPrometheus(processes, {
      ...partOptions(options, 'prometheus'),
      ...(options.scrapeInterval === undefined ? {} : { scrapeInterval: options.scrapeInterval }),
      ...(alertmanager === undefined ? {} : { alertmanager: alertmanager.address }),
    }),
  );
  return { prometheus, alertmanager };
}

function temporalOptions(options: EmbeddedOptions) {
  const uiPort = options.ports?.temporalUi;
  return {
    ...partOptions(options, 'temporal'),
    ...(uiPort === undefined ? {} : { uiPort }),
    headless: options.headless ?? false,
    inMemory: options.inMemory ?? false,
  };
}

function partOptions(
  options: EmbeddedOptions,
  name: 'temporal' | 'prometheus' | 'platform' | 'alertmanager',
) {
  const port = options.ports?.[name];
  return {
    ...(port === undefined ? {} : { port }),
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  };
}

/** As Promise.all, but waits until all have ended: a part that is still starting could otherwise not be stopped. */
async function allOrFirstError<T extends readonly unknown[]>(
  parts: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(parts);
  return Promise.all(parts);
}

async function stopAll(processes: ProcessGroup, stops: (() => Promise<void>)[]): Promise<void> {
  const results = await Promise.allSettled(stops.map((stop) => stop()));
  await processes.stopAll();
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
