import { PlatformTerminalError } from '../../src/activities/platform/errors.ts';
import type {
  Deployment,
  DeployRequest,
  Endpoints,
  Platform,
  Previewer,
  ServiceRef,
  Side,
} from '../../src/activities/platform/platform.ts';

interface Running {
  primary?: string;
  canary?: string;
  replicas: number;
  keys: Set<string>;
}

/** A platform that only remembers: versions per side, and each effect once per idempotency key. */
export class FakePlatform implements Platform, Previewer {
  /** Every effect that really happened, in order. */
  readonly effects: string[] = [];
  readonly #services = new Map<string, Running>();

  async deploy({ strategy, values, idempotencyKey, ...ref }: DeployRequest): Promise<Deployment> {
    const running = this.#of(ref);
    const image = typeof values.image === 'string' ? values.image : 'unchanged';
    this.#once(running, `deploy/${idempotencyKey}`, `deploy ${strategy} ${image}`, () => {
      if (strategy === 'duplicate') running.canary = image;
      else running.primary = image;
    });
    const host = `${ref.service}.${ref.project}-${ref.stage}`;
    return {
      deploymentstrategy: strategy,
      deploymentURIsLocal: strategy === 'user_managed' ? [] : [`http://${host}:80`],
      deploymentURIsPublic: [],
      deploymentNames: [strategy === 'duplicate' ? 'canary' : strategy],
    };
  }

  async preview({ values, ...ref }: DeployRequest): Promise<Awaited<ReturnType<Previewer['preview']>>> {
    const running = this.#services.get(nameOf(ref))?.primary;
    const wanted = typeof values.image === 'string' ? { wanted: values.image } : {};
    return { versions: { ...(running === undefined ? {} : { running }), ...wanted }, changes: [] };
  }

  async promote({ idempotencyKey, ...ref }: ServiceRef & { idempotencyKey: string }): Promise<void> {
    const running = this.#of(ref);
    this.#once(running, `promote/${idempotencyKey}`, 'promote', () => {
      if (running.canary !== undefined) running.primary = running.canary;
    });
  }

  async retire({ side, ...ref }: ServiceRef & { side: Side }): Promise<void> {
    const running = this.#of(ref);
    if (running[side] === undefined) return;
    delete running[side];
    this.effects.push(`retire ${side}`);
  }

  async scale({
    increment,
    idempotencyKey,
    ...ref
  }: ServiceRef & { increment: number; idempotencyKey: string }): Promise<number> {
    const running = this.#of(ref);
    if (running.primary === undefined) {
      throw new PlatformTerminalError(`${ref.service} has no primary in ${ref.stage} to scale`);
    }
    this.#once(running, `scale/${idempotencyKey}`, `scale ${increment}`, () => {
      running.replicas += increment;
    });
    return running.replicas;
  }

  async undeploy(ref: ServiceRef): Promise<void> {
    this.#services.delete(nameOf(ref));
  }

  async endpoints(ref: ServiceRef): Promise<Endpoints | undefined> {
    const running = this.#services.get(nameOf(ref));
    if (running === undefined) return undefined;
    const { primary, canary } = running;
    return {
      routed: `http://${ref.service}.routed`,
      ...(primary === undefined ? {} : { primary: `http://${ref.service}.primary` }),
      ...(canary === undefined ? {} : { canary: `http://${ref.service}.canary` }),
      versions: {
        ...(primary === undefined ? {} : { primary }),
        ...(canary === undefined ? {} : { canary }),
      },
      ready: { primary: primary !== undefined, canary: canary !== undefined },
    };
  }

  #of(ref: ServiceRef): Running {
    const name = nameOf(ref);
    const running = this.#services.get(name) ?? { replicas: 1, keys: new Set<string>() };
    this.#services.set(name, running);
    return running;
  }

  #once(running: Running, key: string, effect: string, act: () => void): void {
    if (running.keys.has(key)) return;
    running.keys.add(key);
    act();
    this.effects.push(effect);
  }
}

function nameOf({ project, stage, service }: ServiceRef): string {
  return `${project}/${stage}/${service}`;
}
