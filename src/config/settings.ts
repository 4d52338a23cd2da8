import {
  type LogLevel,
  type NetworkAddress,
  type ReadSetting,
  readAddress,
  readBoolean,
  readEndpoint,
  readHosts,
  readLogLevel,
  readPageAddress,
  readPath,
  readPort,
  readText,
} from './setting-kinds.ts';
import { defaultStateDir } from './state-dir.ts';

/** One setting: its key in slipway.toml, its environment variable, and how its text is read. */
export interface SettingDefinition<Value> {
  /** `<table>.<key>` in slipway.toml. */
  readonly key: string;
  readonly env: string;
  /** Command line option that overrides both, where there is one. */
  readonly flag?: string;
  readonly description: string;
  /** Default in words, for the documentation. */
  readonly defaultText?: string;
  readonly read: ReadSetting<Value>;
  readonly fallback?: (env: NodeJS.ProcessEnv) => Value;
  /** True when the value must never be shown. */
  readonly secret?: boolean;
}

/** Types of all settings by name; a setting without a default may be undefined. */
export interface SettingValues {
  endpoint: string | undefined;
  token: string | undefined;
  logLevel: LogLevel;
  stateDir: string;
  serverHost: string;
  serverPort: number;
  serverToken: string | undefined;
  automaticProvisioning: boolean;
  webUi: string | undefined;
  storeUrl: string | undefined;
  gitDir: string | undefined;
  temporalProfile: string | undefined;
  prometheusUrl: string | undefined;
  webhookAllowedHosts: string[] | undefined;
  metricsAddress: NetworkAddress | undefined;
  healthAddress: NetworkAddress | undefined;
}

/** Name of a setting as the code calls it. */
export type SettingName = keyof SettingValues;

/** Every setting of Slipway; docs/configuration.md is checked against this table. */
export const SETTINGS: {
  readonly [Name in SettingName]: SettingDefinition<NonNullable<SettingValues[Name]>>;
} = {
  endpoint: {
    key: 'api.endpoint',
    env: 'SLIPWAY_ENDPOINT',
    flag: '--endpoint',
    description: 'Base address of the API that the commands and the SDK talk to.',
    defaultText: 'the running `slipway dev`',
    read: readEndpoint,
  },
  token: {
    key: 'api.token',
    env: 'SLIPWAY_TOKEN',
    flag: '--token',
    description: 'API token, sent as `x-token`. A token is only sent to the endpoint of its own source.',
    defaultText: 'the running `slipway dev`',
    read: readText,
    secret: true,
  },
  logLevel: {
    key: 'log.level',
    env: 'SLIPWAY_LOG_LEVEL',
    flag: '--log-level',
    description: 'silent, fatal, error, warn, info, debug or trace; the log is JSON lines on stderr.',
    defaultText: '`info`',
    read: readLogLevel,
    fallback: () => 'info',
  },
  stateDir: {
    key: 'state.dir',
    env: 'SLIPWAY_STATE_DIR',
    flag: '--state-dir',
    description: 'Folder of `slipway dev`: databases, Git repositories, its state file `dev.json`.',
    defaultText: '`$XDG_STATE_HOME/slipway` or `~/.local/state/slipway`',
    read: readPath,
    fallback: defaultStateDir,
  },
  serverHost: {
    key: 'server.host',
    env: 'SLIPWAY_SERVER_HOST',
    flag: '--host',
    description: 'Address that `slipway server` listens on.',
    defaultText: '`127.0.0.1`',
    read: readText,
    fallback: () => '127.0.0.1',
  },
  serverPort: {
    key: 'server.port',
    env: 'SLIPWAY_SERVER_PORT',
    flag: '--port',
    description: 'Port that `slipway server` listens on; 0 takes a free one.',
    defaultText: '`8080`',
    read: readPort,
    fallback: () => 8080,
  },
  serverToken: {
    key: 'server.token',
    env: 'SLIPWAY_SERVER_TOKEN',
    description: 'Token that `slipway server` asks its callers for.',
    read: readText,
    secret: true,
  },
  automaticProvisioning: {
    key: 'server.automatic-provisioning',
    env: 'SLIPWAY_AUTOMATIC_PROVISIONING',
    description:
      "With `false`, Keptn's `create project` asks for a Git upstream and sends it; with `true` it drops its `--git-…` options. For `server` and `dev`.",
    defaultText: '`true`',
    read: readBoolean,
    fallback: () => true,
  },
  webUi: {
    key: 'server.web-ui',
    env: 'SLIPWAY_WEB_UI',
    description:
      "Where `/bridge` of `server` leads, the address that `keptn auth` shows: Temporal's web interface, or another page.",
    defaultText: "none; with `slipway dev` Temporal's web interface",
    read: readPageAddress,
  },
  storeUrl: {
    key: 'store.url',
    env: 'SLIPWAY_STORE_URL',
    flag: '--store-url',
    description: 'Postgres connection URL of the event and evaluation store, for `worker` and `server`.',
    read: readText,
    secret: true,
  },
  gitDir: {
    key: 'git.dir',
    env: 'SLIPWAY_GIT_DIR',
    flag: '--git-dir',
    description: "Folder of the projects' Git repositories, for `worker` and `server`.",
    defaultText: '`<state dir>/git`',
    read: readPath,
  },
  temporalProfile: {
    key: 'temporal.profile',
    env: 'TEMPORAL_PROFILE',
    description: 'Profile of temporal.toml; address, namespace, TLS and API key come from it or TEMPORAL_*.',
    defaultText: '`default`',
    read: readText,
  },
  prometheusUrl: {
    key: 'prometheus.url',
    env: 'SLIPWAY_PROMETHEUS_URL',
    flag: '--prometheus-url',
    description: 'Prometheus that `worker` asks for SLIs when a project names none.',
    read: readText,
  },
  webhookAllowedHosts: {
    key: 'webhook.allowed-hosts',
    env: 'SLIPWAY_WEBHOOK_ALLOWED_HOSTS',
    description:
      'Hosts that webhooks may call although they are on this machine or inside the cluster: `host` or `host:port`, with commas between.',
    defaultText: 'none',
    read: readHosts,
  },
  metricsAddress: {
    key: 'metrics.address',
    env: 'SLIPWAY_METRICS_ADDRESS',
    description:
      'Address on which `worker` and `server` serve metrics for Prometheus at `/metrics`: `host:port` or `:port`; no token is asked.',
    defaultText: 'none: no metrics',
    read: readAddress,
  },
  healthAddress: {
    key: 'health.address',
    env: 'SLIPWAY_HEALTH_ADDRESS',
    description:
      'Address on which `worker` answers probes at `/health` and `/ready`: `host:port` or `:port`; no token is asked. `server` answers them on its own port.',
    defaultText: 'none: no probes',
    read: readAddress,
  },
};

/** Names of all settings in the order of the table. */
export const SETTING_NAMES: readonly SettingName[] = Object.keys(SETTINGS).filter(
  (name): name is SettingName => name in SETTINGS,
);
