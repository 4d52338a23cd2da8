import { isDeepStrictEqual } from 'node:util';
import { PlatformTerminalError } from '../../activities/platform/errors.ts';
import type { Endpoints, ServiceRef, Side } from '../../activities/platform/platform.ts';
import type { Weights } from '../../activities/traffic/traffic-router.ts';
import { PortInUseError } from '../errors.ts';
import type { ProcessGroup } from '../processes/process-group.ts';
import type { ScrapeTarget } from '../scrape-targets.ts';
import { fill, variablesOf } from './placeholders.ts';
import { ReplicaSet, type ReplicaSpec } from './replica-set.ts';
import { endpointsOf, type ServiceState, type SideState } from './service-state.ts';
import { startWeightedProxy, type WeightedProxy, weightedChoice } from './weighted-proxy.ts';

/** What a service needs of its supervisor. */
export interface ServiceSurroundings {
  processes: ProcessGroup;
  /** Called whenever other processes run than before. */
  onTargets: (ref: ServiceRef, targets: ScrapeTarget[]) => void;
  /** Environment of the processes, beside what process.yaml gives. */
  environment: NodeJS.ProcessEnv;
}

export type Progress = (text: string) => void;

/** One service in one stage: its sides, the proxy in front of them, and the weights between them. */
export class LocalService {
  readonly state: ServiceState;
  readonly #surroundings: ServiceSurroundings;
  readonly #sets: { primary?: ReplicaSet; canary?: ReplicaSet } = {};
  #proxy: WeightedProxy | undefined;

  constructor(state: ServiceState, surroundings: ServiceSurroundings) {
    this.state = state;
    this.#surroundings = surroundings;
  }

  /** Opens the listening port: the one it had, or another one when that is taken meanwhile. */
  async open(progress: Progress): Promise<void> {
    const choose = weightedChoice(() => this.state.weights);
    const route = () => {
      const side = choose();
      return { side, replica: this.#sets[side]?.pick() };
    };
    const name = `${this.state.service} in stage ${this.state.stage}`;
    try {
      this.#proxy = await startWeightedProxy(name, this.state.port, route);
    } catch (error) {
      if (!(error instanceof PortInUseError)) throw error;
      progress(`${error.message}; another one is taken`);
      this.#proxy = await startWeightedProxy(name, 0, route);
    }
    this.state.port = this.#proxy.port;
  }

  /** Starts again what the state says. */
  async restore(progress: Progress): Promise<void> {
    await this.open(progress);
    for (const side of ['primary', 'canary'] as const) {
      const wanted = this.state.sides[side];
      if (wanted !== undefined) await this.#run(side, wanted, progress);
    }
  }

  /** Runs a version on a side: its processes are started and ready before they take over from older ones, which are drained. */
  async replace(side: Side, wanted: SideState, progress: Progress): Promise<void> {
    const same = isDeepStrictEqual(this.state.sides[side], wanted) && this.#sets[side]?.ready;
    if (!same) await this.#run(side, wanted, progress);
  }

  async #run(side: Side, wanted: SideState, progress: Progress): Promise<void> {
    const set = new ReplicaSet(this.#surroundings.processes, this.#spec(side, wanted), () =>
      this.#tellTargets(),
    );
    await set.grow(wanted.replicas, progress);
    const old = this.#sets[side];
    this.#sets[side] = set;
    this.state.sides[side] = wanted;
    this.#tellTargets();
    if (old !== undefined) {
      progress(`${this.state.service}: the older ${side} ends its requests`);
      await old.shrink(0);
    }
  }

  /** Stops a side. Throws PlatformTerminalError while it has weight: its requests would be lost. */
  async retire(side: Side): Promise<void> {
    if (this.state.sides[side] === undefined) return;
    if (this.state.weights[side] > 0) {
      throw new PlatformTerminalError(
        `${this.state.service} in stage ${this.state.stage}: the ${side} side still has ${this.state.weights[side]} % of the traffic; set its weight to 0 first`,
      );
    }
    const set = this.#sets[side];
    delete this.state.sides[side];
    delete this.#sets[side];
    this.#tellTargets();
    await set?.shrink(0);
  }

  async scale(increment: number, progress: Progress): Promise<number> {
    const [side, set] = [this.state.sides.primary, this.#sets.primary];
    if (side === undefined || set === undefined) {
      throw new PlatformTerminalError(
        `${this.state.service} in stage ${this.state.stage} has no primary side to scale`,
      );
    }
    const count = side.replicas + increment;
    if (count < 1 || count > 20) {
      throw new PlatformTerminalError(
        `${this.state.service} in stage ${this.state.stage} cannot have ${count} replicas: from 1 to 20 are possible`,
      );
    }
    if (count > set.size) await set.grow(count, progress);
    else await set.shrink(count);
    side.replicas = count;
    return count;
  }

  /** Both weights change between one request and the next. Throws PlatformTerminalError for a side that is not ready. */
  setWeights(weights: Weights): void {
    if (weights.primary + weights.canary !== 100) {
      throw new PlatformTerminalError(
        `the weights primary ${weights.primary} and canary ${weights.canary} do not add up to 100`,
      );
    }
    for (const side of ['primary', 'canary'] as const) {
      if (weights[side] > 0 && !this.#sets[side]?.ready) {
        throw new PlatformTerminalError(
          `${this.state.service} in stage ${this.state.stage}: the ${side} side cannot get ${weights[side]} % of the traffic, because it has no ready process`,
        );
      }
    }
    this.state.weights = { ...weights };
  }

  drained(side: Side): boolean {
    return this.state.weights[side] === 0 && (this.#sets[side]?.inFlight ?? 0) === 0;
  }

  endpoints(): Endpoints {
    return endpointsOf(this.state, this.#sets);
  }

  /** Closes the port and stops all processes. */
  async close(): Promise<void> {
    await this.#proxy?.close();
    await Promise.all(Object.values(this.#sets).map((set) => set?.shrink(0)));
    this.#surroundings.onTargets(this.state, []);
  }

  #tellTargets(): void {
    const targets = (['primary', 'canary'] as const).flatMap((side) => {
      const path = this.state.sides[side]?.process.metrics.path ?? '/metrics';
      const named = this.state.strategy === 'duplicate' ? { side } : {};
      return (this.#sets[side]?.ports ?? []).map((port) => ({ port, path, ...named }));
    });
    this.#surroundings.onTargets(this.state, targets);
  }

  #spec(side: Side, wanted: SideState): ReplicaSpec {
    const { project, stage, service, strategy } = this.state;
    const shownSide = strategy === 'duplicate' ? side : 'direct';
    return {
      name: `${project}.${stage}.${service}.${shownSide}`,
      cwd: wanted.directory,
      readiness: wanted.process.readiness,
      drainSeconds: wanted.process.drainSeconds,
      command: (port) => {
        const variables = variablesOf(this.state, wanted.values, { side: shownSide, port });
        const [program = '', ...args] = wanted.process.command.map((argument) => fill(argument, variables));
        const own = Object.entries(wanted.process.env).map(([name, text]) => [name, fill(text, variables)]);
        return {
          argv: [program, ...args],
          env: { ...this.#surroundings.environment, ...Object.fromEntries(own) },
        };
      },
    };
  }
}
