import type { Logger } from 'pino';
import type { Executor } from '../../contracts/activities.ts';
import type { KeptnEvent } from '../../contracts/events.ts';
import type { WarmDecision, WarmEnd } from '../../contracts/workflows.ts';
import type { Store } from '../../store/store.ts';
import type { ConfigRepo } from '../config/config-repo.ts';
import type { LoadTool } from '../load/load-tool.ts';
import type { Platform, Previewer, ServiceRef } from '../platform/platform.ts';
import type { Runner, RunResources } from '../runner/runner.ts';
import type { SliProvider } from '../sli/sli-provider.ts';
import type { TrafficRouter } from '../traffic/traffic-router.ts';

/** Starts sequences; the part of the client's Runs that the end of a sequence needs. */
export interface FollowUpStarter {
  /** Enqueues the sequence that a `<stage>.<sequence>.triggered` event asks for; a second call with the same event changes nothing. */
  trigger(event: KeptnEvent): Promise<unknown>;
}

/** Looks up secrets by name; answers undefined when there is none. Values never leave the activity. */
export interface Secrets {
  secret(name: string): Promise<{ [key: string]: string } | undefined>;
}

/** Releases that keep their old version warm. */
export interface KeptWarm {
  /**
   * Ends what is kept of a service and waits until that is done; the same `key` asks once. Throws PlatformTerminalError when
   * it cannot be done: the users are where they were.
   */
  end(request: ServiceRef & { decision: WarmDecision; key: string }): Promise<WarmEnd>;
}

/** What an operator may set; every field has a default. */
export interface ActivityOptions {
  /** SLI provider of projects that name none (Keptn 1.4.5: ConfigMap `lighthouse-config`). Default: none. */
  defaultSliProvider?: string;
  /** Milliseconds that traffic is left to drain where the data plane cannot tell. Default 5,000. */
  drainTimeMs?: number;
  /** Milliseconds until weights that nobody can observe are given up for this attempt. Default 60,000. */
  observeTimeoutMs?: number;
  /** Milliseconds between two looks at the data plane. Default 100. */
  observeIntervalMs?: number;
  /** Globs of images that jobs may use; `*` matches any text. Default: every image. */
  imageAllowList?: string[];
  /** Namespace of jobs that name none. Default `keptn`. */
  jobNamespace?: string;
  /** What jobs may use that say nothing themselves. Default: those of job-executor-service (1 and 512Mi, asking for 50m and 128Mi). */
  jobResources?: RunResources;
  /** Hosts that webhooks may call although they are local or inside the cluster, as `host` or `host:port`. Default: none. */
  webhookAllowedHosts?: string[];
  /** Hosts that webhooks may never call; a pattern with `*` for any text. Default: none besides the built-in ones. */
  webhookDeniedHosts?: string[];
  /** Milliseconds for one webhook request. Default 30,000. */
  webhookTimeoutMs?: number;
}

/** Everything that the activities of a worker act through. */
export interface ActivityDependencies {
  store: Store;
  config: ConfigRepo;
  platform: Platform & Previewer;
  traffic: TrafficRouter;
  loadTool: LoadTool;
  runner: Runner;
  /** By provider name. */
  sliProviders: ReadonlyMap<string, SliProvider>;
  runs: FollowUpStarter;
  secrets: Secrets;
  logger: Logger;
  /** True when a Temporal worker polls the task queue now. Default: nobody does. */
  hasPollers?: (taskQueue: string) => Promise<boolean>;
  /** Default: nothing is ever kept. */
  keptWarm?: KeptWarm;
  /** Tells those who hear of a task without answering for it. Default: nobody does. */
  reactions?: { toTask(triggered: KeptnEvent, executor: Executor): Promise<void> } | undefined;
  options?: ActivityOptions;
}
