import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import type { Logger } from 'pino';
import { SEARCH_ATTRIBUTE_NAMES } from '../contracts/search-attributes.ts';
import { freePort } from './ports.ts';
import type { ProcessSpec } from './processes/child-process.ts';
import type { ProcessGroup } from './processes/process-group.ts';
import { startSupervised } from './processes/supervised.ts';
import { resolveTool } from './tools/resolve.ts';
import type { OnProgress } from './tools/tool.ts';

export interface TemporalServerOptions {
  /** Port of the gRPC frontend; 0 or absent takes any free one. */
  port?: number;
  uiPort?: number;
  /** No web UI. */
  headless?: boolean;
  /** Keeps histories in memory only; default is a file in the state directory, which survives a restart. */
  inMemory?: boolean;
  namespace?: string;
  /** Told when the server has ended and is started again on the same ports and files; without it an end is final. */
  restarts?: Logger;
  onProgress?: OnProgress;
}

export interface TemporalServer {
  address: string;
  namespace: string;
  uiUrl?: string;
  stop(): Promise<void>;
}

/**
 * A development server has one history shard, whose queues are polled at most 20 times a second: each workflow task waits 50 ms
 * there, and a timer below a second fires after one. With these values three activities take 45 ms instead of 200.
 */
export const TUNED_DYNAMIC_CONFIG: readonly string[] = [
  'history.transferProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxPollRPS=2000',
  'history.visibilityProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxTimeShift="1ms"',
];

/** Starts Temporal's development server on 127.0.0.1 and waits until a client can use it with all search attributes. Throws ToolNotFoundError, PortInUseError, ProcessStartError. */
export async function startTemporalServer(
  processes: ProcessGroup,
  options: TemporalServerOptions = {},
): Promise<TemporalServer> {
  const tool = await resolveTool('temporal', options.onProgress ? { onProgress: options.onProgress } : {});
  const port = await freePort('the Temporal server', options.port);
  const uiPort = options.headless ? undefined : await freePort("Temporal's web UI", options.uiPort);
  const httpPort = await freePort("Temporal's HTTP API");
  const namespace = options.namespace ?? 'default';
  const address = `127.0.0.1:${port}`;
  const spec: ProcessSpec = {
    name: 'temporal',
    argv: [
      tool.path,
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', `${port}`, '--http-port', `${httpPort}`],
      ...(uiPort === undefined ? ['--headless'] : ['--ui-port', `${uiPort}`, '--ui-disable-news-fetch']),
      ...(options.inMemory ? [] : ['--db-filename', databaseFile(processes.stateDir)]),
      ...['--namespace', namespace, '--log-level', 'warn', '--log-format', 'json'],
      ...TUNED_DYNAMIC_CONFIG.flatMap((setting) => ['--dynamic-config-value', setting]),
      ...SEARCH_ATTRIBUTE_NAMES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    ],
    isReady: () => isServing(address, namespace),
    readyTimeout: 30_000,
    stopTimeout: 8000,
  };
  const child = options.restarts
    ? await startSupervised(processes, () => spec, options.restarts)
    : await processes.start(spec);
  return {
    address,
    namespace,
    ...(uiPort === undefined ? {} : { uiUrl: `http://127.0.0.1:${uiPort}` }),
    stop: async () => {
      await child.stop();
    },
  };
}

function databaseFile(stateDir: string): string {
  mkdirSync(join(stateDir, 'temporal'), { recursive: true });
  return join(stateDir, 'temporal', 'temporal.db');
}

async function isServing(address: string, namespace: string): Promise<boolean> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address, connectTimeout: 1000 });
    const known = await connection.operatorService.listSearchAttributes({ namespace });
    return SEARCH_ATTRIBUTE_NAMES.every((name) => name in (known.customAttributes ?? {}));
  } catch {
    return false; // not listening yet, or still making its namespace: asked again until the time is up
  } finally {
    await connection?.close();
  }
}
