import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import axios, { isAxiosError } from 'axios';
import { dump } from 'js-yaml';
import type { Logger } from 'pino';
import { EmbeddedStartError } from './errors.ts';
import { answersOk } from './http-ready.ts';
import { freePort } from './ports.ts';
import type { ProcessSpec } from './processes/child-process.ts';
import type { ProcessGroup } from './processes/process-group.ts';
import { startSupervised } from './processes/supervised.ts';
import { targetDirectory } from './scrape-targets.ts';
import { resolveTool } from './tools/resolve.ts';
import type { OnProgress } from './tools/tool.ts';

export interface PrometheusOptions {
  port?: number;
  /** How often services are scraped and rules evaluated, in Prometheus' form; default `500ms`: local load tests are short. */
  scrapeInterval?: string;
  /** How long values are kept, default `6h`. */
  retention?: string;
  /** Further entries of `scrape_configs`. */
  scrapeConfigs?: readonly object[];
  /** `host:port` of an Alertmanager that is told about firing alerts; a later one is named with setAlertmanager. */
  alertmanager?: string;
  /** Told when the server has ended and is started again on the same ports and files; without it an end is final. */
  restarts?: Logger;
  onProgress?: OnProgress;
}

export interface PrometheusServer {
  url: string;
  /** Replaces the rule file of this name, or removes it when `rules` is undefined, and reloads. Throws EmbeddedStartError when Prometheus refuses the rules; the old ones then stay. */
  setRules(name: string, rules: object | undefined): Promise<void>;
  /** True when rules are there, of this run or of an earlier one. */
  hasRules(): Promise<boolean>;
  /** Names the Alertmanager that is told about firing alerts, `host:port`. */
  setAlertmanager(address: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts Prometheus on 127.0.0.1; it scrapes what the local platform writes with writeTargets. Throws ToolNotFoundError, PortInUseError, ProcessStartError. */
export async function startPrometheus(
  processes: ProcessGroup,
  options: PrometheusOptions = {},
): Promise<PrometheusServer> {
  const tool = await resolveTool('prometheus', options.onProgress ? { onProgress: options.onProgress } : {});
  const port = await freePort('Prometheus', options.port);
  const directory = join(processes.stateDir, 'prometheus');
  const rulesDirectory = join(directory, 'rules');
  await mkdir(rulesDirectory, { recursive: true });
  await mkdir(targetDirectory(processes.stateDir), { recursive: true });
  // One of an earlier run is gone.
  await rm(alertmanagerFile(processes.stateDir), { force: true });
  const configFile = join(directory, 'prometheus.yml');
  await writeFile(configFile, dump(configuration(processes.stateDir, options)));
  const url = `http://127.0.0.1:${port}`;
  const spec: ProcessSpec = {
    name: 'prometheus',
    argv: [
      tool.path,
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--storage.tsdb.retention.time=${options.retention ?? '6h'}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-lifecycle',
      // By default a new target waits up to 5 seconds, which is half of a short load test.
      '--scrape.discovery-reload-interval=500ms',
      // An alert that fires while the configuration is being read again is not delivered; the default repeats it after a minute.
      '--rules.alert.resend-delay=2s',
      '--log.level=warn',
    ],
    cwd: directory,
    isReady: () => answersOk(`${url}/-/ready`),
    stopTimeout: 8000,
  };
  const child = options.restarts
    ? await startSupervised(processes, () => spec, options.restarts)
    : await processes.start(spec);
  return {
    url,
    setRules: (name, rules) => setRules(url, join(rulesDirectory, `${name}.yml`), rules),
    hasRules: async () => (await readdir(rulesDirectory)).some((name) => name.endsWith('.yml')),
    setAlertmanager: async (address) => {
      await writeFile(alertmanagerFile(processes.stateDir), JSON.stringify([{ targets: [address] }]));
      await reload(url);
    },
    stop: async () => {
      await child.stop();
    },
  };
}

function configuration(stateDir: string, options: PrometheusOptions): object {
  const interval = options.scrapeInterval ?? '500ms';
  return {
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
    rule_files: [join(stateDir, 'prometheus', 'rules', '*.yml')],
    alerting: {
      alertmanagers: [
        { file_sd_configs: [{ files: [alertmanagerFile(stateDir)] }] },
        ...(options.alertmanager === undefined
          ? []
          : [{ static_configs: [{ targets: [options.alertmanager] }] }]),
      ],
    },
    scrape_configs: [
      { job_name: 'local', file_sd_configs: [{ files: [join(targetDirectory(stateDir), '*.json')] }] },
      ...(options.scrapeConfigs ?? []),
    ],
  };
}

function alertmanagerFile(stateDir: string): string {
  return join(stateDir, 'prometheus', 'alertmanager.json');
}

async function setRules(url: string, file: string, rules: object | undefined): Promise<void> {
  const old = `${file}.old`;
  await rename(file, old).catch(ignoreAbsent);
  if (rules !== undefined) await writeFile(file, dump(rules));
  try {
    await reload(url);
  } catch (error) {
    await rm(file, { force: true });
    await rename(old, file).catch(ignoreAbsent);
    throw error;
  }
  await rm(old, { force: true });
}

function ignoreAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

async function reload(url: string): Promise<void> {
  try {
    await axios.post(`${url}/-/reload`, undefined, { timeout: 10_000, maxContentLength: 100_000 });
  } catch (cause) {
    const detail = isAxiosError(cause) ? String(cause.response?.data ?? cause.message) : String(cause);
    throw new EmbeddedStartError(`Prometheus at ${url} refused its configuration: ${detail.trim()}`, {
      cause,
    });
  }
}
