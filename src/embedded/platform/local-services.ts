import { PlatformTerminalError } from '../../activities/platform/errors.ts';
import type { VerbRequest, VerbResult } from '../../activities/platform/local-protocol.ts';
import type { Endpoints, ServiceRef } from '../../activities/platform/platform.ts';
import type { ProcessGroup } from '../processes/process-group.ts';
import { clearTargets, writeTargets } from '../scrape-targets.ts';
import { LocalService, type Progress, type ServiceSurroundings } from './local-service.ts';
import { imageOf } from './placeholders.ts';
import { REMEMBERED_EFFECTS, type SideState } from './service-state.ts';
import { StateFile } from './state-file.ts';
import { layFiles, removeFiles } from './working-directory.ts';

/** All services of the embedded platform. Changes of one service happen one after the other, each is remembered in the state file. */
export class LocalServices {
  readonly #stateDir: string;
  readonly #file: StateFile;
  readonly #surroundings: ServiceSurroundings;
  readonly #services = new Map<string, LocalService>();
  readonly #queues = new Map<string, Promise<unknown>>();
  #targets: Promise<void> = Promise.resolve();

  constructor(processes: ProcessGroup, onProgress: Progress) {
    this.#stateDir = processes.stateDir;
    this.#file = new StateFile(this.#stateDir);
    this.#surroundings = {
      processes,
      environment: inheritedEnvironment(),
      onTargets: (ref, targets) => {
        const { project, stage, service } = ref;
        this.#targets = this.#targets
          .then(() => writeTargets(this.#stateDir, { project, stage, service }, targets))
          .catch((error: unknown) =>
            onProgress(`scrape targets of ${service} not written: ${String(error)}`),
          );
      },
    };
  }

  /** Brings back what ran when the supervisor ended; a side that does not start is reported and left unready. */
  async restore(progress: Progress): Promise<void> {
    await clearTargets(this.#stateDir);
    for (const state of await this.#file.read()) {
      const service = new LocalService(state, this.#surroundings);
      this.#services.set(keyOf(state), service);
      try {
        await service.restore(progress);
      } catch (error) {
        progress(`${state.service} in stage ${state.stage} was not restored: ${String(error)}`);
      }
    }
    await this.#save();
  }

  deploy(request: VerbRequest<'deploy'>, progress: Progress): Promise<VerbResult['deploy']> {
    return this.#once(request, async () => {
      const service = await this.#openService(request, progress);
      const before = service.state.strategy;
      service.state.strategy = request.strategy;
      try {
        const wanted = await this.#wanted(request);
        if (request.strategy === 'duplicate') await deployDuplicate(service, wanted, progress);
        else await deployInPlace(service, wanted, progress);
      } catch (error) {
        service.state.strategy = before;
        if (Object.keys(service.state.sides).length === 0) await this.#forget(service);
        throw error;
      }
      return { routed: service.endpoints().routed };
    });
  }

  promote(request: VerbRequest<'promote'>, progress: Progress): Promise<null> {
    return this.#once(request, async () => {
      const service = this.#known(request);
      const { primary, canary } = service.state.sides;
      if (service.state.strategy !== 'duplicate') return null;
      if (canary === undefined) {
        throw new PlatformTerminalError(
          `${request.service} in stage ${request.stage} has no canary to promote; deploy one first`,
        );
      }
      const replicas = Math.max(canary.replicas, primary?.replicas ?? 1);
      await service.replace('primary', { ...canary, replicas }, progress);
      return null;
    });
  }

  retire(request: VerbRequest<'retire'>): Promise<null> {
    return this.#inTurn(request, async () => {
      await this.#services.get(keyOf(request))?.retire(request.side);
      return null;
    });
  }

  scale(request: VerbRequest<'scale'>, progress: Progress): Promise<number> {
    return this.#once(request, () => this.#known(request).scale(request.increment, progress));
  }

  undeploy(request: ServiceRef): Promise<null> {
    return this.#inTurn(request, async () => {
      const service = this.#services.get(keyOf(request));
      if (service !== undefined) await this.#forget(service);
      return null;
    });
  }

  setWeights(request: VerbRequest<'weights'>): Promise<null> {
    return this.#inTurn(request, async () => {
      this.#known(request).setWeights(request.weights);
      return null;
    });
  }

  observe(request: ServiceRef): VerbResult['observe'] {
    return this.#services.get(keyOf(request))?.state.weights ?? null;
  }

  drained(request: VerbRequest<'drained'>): VerbResult['drained'] {
    const service = this.#services.get(keyOf(request));
    if (service === undefined) return null;
    return service.drained(request.side) ? 'drained' : 'busy';
  }

  endpoints(request: ServiceRef): Endpoints | null {
    return this.#services.get(keyOf(request))?.endpoints() ?? null;
  }

  /** Result of an effect that was carried out under this key. */
  effect(request: VerbRequest<'effect'>): VerbResult['effect'] {
    const effects = this.#services.get(keyOf(request))?.state.effects;
    const done = effects?.find(({ key }) => key === request.key);
    return done === undefined ? null : { result: done.result };
  }

  /** Stops all; the state file keeps what ran. */
  async close(): Promise<void> {
    await Promise.all([...this.#services.values()].map((service) => service.close()));
    await this.#targets;
  }

  async #openService(request: VerbRequest<'deploy'>, progress: Progress): Promise<LocalService> {
    const existing = this.#services.get(keyOf(request));
    if (existing !== undefined) return existing;
    const { project, stage, service, strategy } = request;
    const weights = { primary: 100, canary: 0 };
    const state = { project, stage, service, strategy, port: 0, weights, sides: {}, effects: [] };
    const created = new LocalService(state, this.#surroundings);
    await created.open(progress);
    this.#services.set(keyOf(request), created);
    return created;
  }

  async #wanted(request: VerbRequest<'deploy'>): Promise<SideState> {
    const { process, values } = request;
    const count = values.replicaCount;
    return {
      version: imageOf(values).image || 'unversioned',
      process,
      values,
      directory: await layFiles(this.#stateDir, request, request.files),
      replicas: typeof count === 'number' && Number.isInteger(count) && count > 0 ? count : process.replicas,
    };
  }

  async #forget(service: LocalService): Promise<void> {
    this.#services.delete(keyOf(service.state));
    await service.close();
    await removeFiles(this.#stateDir, service.state);
  }

  #known(request: ServiceRef): LocalService {
    const service = this.#services.get(keyOf(request));
    if (service !== undefined) return service;
    throw new PlatformTerminalError(
      `${request.service} is not deployed in stage ${request.stage} of ${request.project}; run a deployment first`,
    );
  }

  /** As #inTurn, but a key that was carried out before only answers what it did then. */
  #once<T>(request: ServiceRef & { key: string }, work: () => Promise<T>): Promise<T> {
    return this.#inTurn(request, async () => {
      const done = this.effect(request);
      if (done !== null) return done.result as T; // written by this very method
      const result = await work();
      const effects = this.#known(request).state.effects;
      effects.push({ key: request.key, result });
      effects.splice(0, effects.length - REMEMBERED_EFFECTS);
      return result;
    });
  }

  async #inTurn<T>(request: ServiceRef, work: () => Promise<T>): Promise<T> {
    const key = keyOf(request);
    const before = this.#queues.get(key) ?? Promise.resolve();
    const mine = before.then(async () => {
      try {
        return await work();
      } finally {
        await this.#save();
      }
    });
    const settled = mine.catch(() => undefined); // its caller gets the error; the next one only waits
    this.#queues.set(key, settled);
    try {
      return await mine;
    } finally {
      if (this.#queues.get(key) === settled) this.#queues.delete(key);
    }
  }

  #save(): Promise<void> {
    return this.#file.write([...this.#services.values()].map(({ state }) => state));
  }
}

/** The new version enters as canary; the very first one is primary too (helm-service 0.18). */
async function deployDuplicate(service: LocalService, wanted: SideState, progress: Progress): Promise<void> {
  await service.replace('canary', wanted, progress);
  if (service.state.sides.primary === undefined) await service.replace('primary', wanted, progress);
}

/** The new version takes over in place; a canary of an earlier strategy is taken away after it. */
async function deployInPlace(service: LocalService, wanted: SideState, progress: Progress): Promise<void> {
  await service.replace('primary', wanted, progress);
  service.setWeights({ primary: 100, canary: 0 });
  await service.retire('canary');
}

function keyOf({ project, stage, service }: ServiceRef): string {
  return `${project}/${stage}/${service}`;
}

/** Only what programs need to run: the supervisor's own environment may hold tokens. */
function inheritedEnvironment(): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
