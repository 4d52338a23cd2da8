import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import type { Logger } from 'pino';
import { answersOk } from './http-ready.ts';
import { freePort } from './ports.ts';
import type { ProcessSpec } from './processes/child-process.ts';
import type { ProcessGroup } from './processes/process-group.ts';
import { startSupervised } from './processes/supervised.ts';
import { resolveTool } from './tools/resolve.ts';
import type { OnProgress } from './tools/tool.ts';

export interface AlertmanagerOptions {
  /** Where firing and resolved alerts are posted, with the bearer token when there is one. */
  webhook: { url: string; token?: string };
  port?: number;
  /** Default `1s`: how long alerts of a group are collected before the first call. */
  groupWait?: string;
  /** Default `1m`: how often a firing alert is told again. */
  repeatInterval?: string;
  /** Told when the server has ended and is started again on the same ports and files; without it an end is final. */
  restarts?: Logger;
  onProgress?: OnProgress;
}

export interface AlertmanagerServer {
  url: string;
  /** `host:port`, as Prometheus' configuration wants it. */
  address: string;
  stop(): Promise<void>;
}

/** Starts Alertmanager on 127.0.0.1 with one webhook receiver for everything. Throws ToolNotFoundError, PortInUseError, ProcessStartError. */
export async function startAlertmanager(
  processes: ProcessGroup,
  options: AlertmanagerOptions,
): Promise<AlertmanagerServer> {
  const tool = await resolveTool(
    'alertmanager',
    options.onProgress ? { onProgress: options.onProgress } : {},
  );
  const port = await freePort('Alertmanager', options.port);
  const directory = join(processes.stateDir, 'alertmanager');
  await mkdir(directory, { recursive: true });
  const configFile = join(directory, 'alertmanager.yml');
  await writeFile(configFile, dump(await configuration(directory, options)));
  const address = `127.0.0.1:${port}`;
  const spec: ProcessSpec = {
    name: 'alertmanager',
    argv: [
      tool.path,
      `--config.file=${configFile}`,
      `--storage.path=${join(directory, 'data')}`,
      `--web.listen-address=${address}`,
      '--cluster.listen-address=', // alone: no port for other Alertmanagers
      '--log.level=warn',
    ],
    cwd: tool.workingDirectory ?? directory,
    isReady: () => answersOk(`http://${address}/-/ready`),
  };
  const child = options.restarts
    ? await startSupervised(processes, () => spec, options.restarts)
    : await processes.start(spec);
  return {
    url: `http://${address}`,
    address,
    stop: async () => {
      await child.stop();
    },
  };
}

async function configuration(directory: string, options: AlertmanagerOptions): Promise<object> {
  const { url, token } = options.webhook;
  const credentials = join(directory, 'webhook-token');
  if (token !== undefined) await writeFile(credentials, token, { mode: 0o600 });
  return {
    route: {
      receiver: 'slipway',
      group_by: ['alertname', 'project', 'stage', 'service'],
      group_wait: options.groupWait ?? '1s',
      group_interval: options.groupWait ?? '1s',
      repeat_interval: options.repeatInterval ?? '1m',
    },
    receivers: [
      {
        name: 'slipway',
        webhook_configs: [
          {
            url,
            send_resolved: true,
            ...(token === undefined
              ? {}
              : { http_config: { authorization: { credentials_file: credentials } } }),
          },
        ],
      },
    ],
  };
}
