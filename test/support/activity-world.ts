import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { pino } from 'pino';
import { GitConfigRepo } from '../../src/activities/config/git-config-repo.ts';
import { type ActivityDependencies, createActivities } from '../../src/activities/index.ts';
import type { SliProvider } from '../../src/activities/sli/sli-provider.ts';
import type { Activities } from '../../src/contracts/activities.ts';
import type { EventData, KeptnEvent } from '../../src/contracts/events.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { openStore } from '../../src/store/open-store.ts';
import { startPglite } from '../../src/store/pglite.ts';
import type { Store } from '../../src/store/store.ts';
import { FakeLoadTool } from '../fakes/fake-load-tool.ts';
import { FakePlatform } from '../fakes/fake-platform.ts';
import { FakeRunner } from '../fakes/fake-runner.ts';
import { FakeTrafficRouter } from '../fakes/fake-traffic-router.ts';

/** Project, stage and service that every world has. */
export const SCOPE = { project: 'sockshop', stage: 'dev', service: 'carts' };

/** Activities over the real store and the real Git, and fakes for what acts on services. */
export class ActivityWorld {
  readonly platform = new FakePlatform();
  readonly traffic = new FakeTrafficRouter();
  readonly triggered: KeptnEvent[] = [];
  readonly store: Store;
  readonly config: GitConfigRepo;
  /** Where other processes find the same database and the same repositories. */
  readonly places: { storeUrl: string; gitDirectory: string };
  readonly #stop: () => Promise<void>;

  constructor(parts: {
    store: Store;
    config: GitConfigRepo;
    places: ActivityWorld['places'];
    stop: () => Promise<void>;
  }) {
    this.places = parts.places;
    this.store = parts.store;
    this.config = parts.config;
    this.#stop = parts.stop;
  }

  static async open(): Promise<ActivityWorld> {
    const directory = await mkdtemp(join(tmpdir(), 'slipway-activities-'));
    const database = await startPglite({});
    const store = await openStore({ url: database.url, secretKey: randomBytes(32) });
    const config = new GitConfigRepo({ directory });
    await config.createProject(SCOPE.project, { stages: ['dev', 'prod'], shipyard: Buffer.from('') });
    await config.createService(SCOPE.project, SCOPE.service);
    await store.saveProject({
      name: SCOPE.project,
      creationDate: '0',
      stages: ['dev', 'prod'],
      shipyard: '',
      shipyardVersion: 'spec.keptn.sh/0.2.3',
    });
    await store.saveService({ name: SCOPE.service, project: SCOPE.project, creationDate: '0' });
    const stop = async () => {
      await store.close();
      await database.stop();
      await rm(directory, { recursive: true, force: true });
    };
    return new ActivityWorld({
      ...{ store, config, stop },
      places: { storeUrl: database.url, gitDirectory: directory },
    });
  }

  close(): Promise<void> {
    return this.#stop();
  }

  /** Activities over this world; parts can be replaced. */
  activities(
    parts: Partial<Omit<ActivityDependencies, 'sliProviders'>> & { sliProviders?: SliProvider[] } = {},
  ): Activities {
    const { sliProviders = [], ...others } = parts;
    return createActivities({
      store: this.store,
      config: this.config,
      platform: this.platform,
      traffic: this.traffic,
      loadTool: new FakeLoadTool(),
      runner: new FakeRunner(),
      runs: {
        trigger: async (event) => {
          this.triggered.push(event);
        },
      },
      secrets: { secret: (name) => this.store.secret('keptn-default', name) },
      logger: pino({ level: 'silent' }),
      sliProviders: new Map(sliProviders.map((provider) => [provider.name, provider])),
      ...others,
    });
  }

  /** Writes a file of the service in stage dev, or of the stage or the project. */
  async write(
    uri: string,
    text: string,
    level: 'service' | 'stage' | 'project' = 'service',
  ): Promise<string> {
    const { project, stage, service } = SCOPE;
    const scope =
      level === 'service'
        ? { project, stage, service }
        : level === 'stage'
          ? { project, stage }
          : { project };
    return this.config.write(scope, [{ uri, content: Buffer.from(text) }], `Write ${uri}`);
  }

  /** A `<task>.triggered` event of the service at the newest commit. */
  async event(task: string, data: JsonObject = {}): Promise<KeptnEvent> {
    const commit = await this.config.head({ project: SCOPE.project, stage: SCOPE.stage });
    return { ...eventOf(`sh.keptn.event.${task}.triggered`, data), gitcommitid: commit };
  }
}

/** An event of the world's service. */
export function eventOf(type: string, data: JsonObject = {}): KeptnEvent {
  return {
    id: randomUUID(),
    type,
    source: 'shipyard-controller',
    specversion: '1.0',
    contenttype: 'application/json',
    time: new Date().toISOString(),
    shkeptncontext: randomUUID(),
    data: { ...SCOPE, ...data } as EventData,
  };
}

/** Runs an activity as Temporal would, with a context to heartbeat to. */
export function inContext<P extends unknown[], R>(
  activity: (...parameters: P) => Promise<R>,
  ...parameters: P
): Promise<R> {
  return new MockActivityEnvironment().run(activity, ...parameters);
}
