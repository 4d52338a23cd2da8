import type { ConfigRepo } from '../config/config-repo.ts';
import { PlatformRetryableError, PlatformTerminalError } from './errors.ts';
import { callLocalPlatform, LocalCallError, type LocalPlatformAddress } from './local-client.ts';
import { type LocalFiles, nothingToRun, readLocalFiles, storeValues } from './local-files.ts';
import type { Verb, VerbRequest, VerbResult } from './local-protocol.ts';
import type {
  Deployment,
  DeploymentStrategy,
  DeployRequest,
  EffectContext,
  Endpoints,
  Platform,
  Previewer,
  ServiceRef,
  Side,
} from './platform.ts';

const DEPLOYMENT_NAMES: { readonly [strategy in DeploymentStrategy]: string } = {
  direct: 'direct',
  duplicate: 'canary',
  user_managed: 'user_managed',
};

/** Services as local processes: the adapter of the platform in the supervisor of `slipway dev`, which outlives any worker. */
export class LocalPlatform implements Platform, Previewer {
  readonly #address: LocalPlatformAddress;
  readonly #config: ConfigRepo;

  constructor(address: LocalPlatformAddress, config: ConfigRepo) {
    this.#address = address;
    this.#config = config;
  }

  async deploy(request: DeployRequest, context: EffectContext): Promise<Deployment> {
    const { strategy, idempotencyKey: key } = request;
    const ref = refOf(request);
    const done = await this.#call('effect', { ...ref, key }, context);
    const local = await readLocalFiles(this.#config, request);
    const userManaged = strategy === 'user_managed' && local.endpoints !== undefined;
    if (local.process === undefined && !userManaged) throw nothingToRun(request);
    // A retry after the answer was lost must not merge the values once more.
    const { values, commit } = done
      ? { values: {}, commit: undefined }
      : await storeValues(this.#config, request);
    let routed: string | undefined;
    if (local.process !== undefined) {
      const { process, files } = local;
      routed = (await this.#call('deploy', { ...ref, strategy, process, values, files, key }, context))
        .routed;
    }
    return {
      deploymentstrategy: strategy,
      ...addresses(local, strategy, routed),
      deploymentNames: [DEPLOYMENT_NAMES[strategy]],
      ...(commit === undefined ? {} : { gitCommit: commit }),
    };
  }

  async promote(request: ServiceRef & { idempotencyKey: string }, context: EffectContext): Promise<void> {
    await this.#call('promote', { ...refOf(request), key: request.idempotencyKey }, context);
  }

  async retire(request: ServiceRef & { side: Side }, context: EffectContext): Promise<void> {
    await this.#call('retire', { ...refOf(request), side: request.side }, context);
  }

  async scale(
    request: ServiceRef & { increment: number; idempotencyKey: string },
    context: EffectContext,
  ): Promise<number> {
    const { increment, idempotencyKey: key } = request;
    return this.#call('scale', { ...refOf(request), increment, key }, context);
  }

  async undeploy(request: ServiceRef, context: EffectContext): Promise<void> {
    await this.#call('undeploy', refOf(request), context);
  }

  async endpoints(request: ServiceRef): Promise<Endpoints | undefined> {
    return (await this.#call('endpoints', refOf(request))) ?? undefined;
  }

  /** Processes are no objects: which version would replace which is all that there is to tell. */
  async preview(request: DeployRequest): Promise<Awaited<ReturnType<Previewer['preview']>>> {
    const local = await readLocalFiles(this.#config, request);
    const userManaged = request.strategy === 'user_managed' && local.endpoints !== undefined;
    if (local.process === undefined && !userManaged) throw nothingToRun(request);
    const running = (await this.endpoints(request))?.versions.primary;
    const { image } = request.values;
    const wanted = typeof image === 'string' ? image : running;
    return {
      versions: {
        ...(running === undefined ? {} : { running }),
        ...(wanted === undefined ? {} : { wanted }),
      },
      changes: [],
    };
  }

  async #call<V extends Verb>(
    verb: V,
    request: VerbRequest<V>,
    context?: EffectContext,
  ): Promise<VerbResult[V]> {
    try {
      return await callLocalPlatform(this.#address, verb, request, context);
    } catch (error) {
      if (!(error instanceof LocalCallError)) throw error;
      if (error.kind === 'terminal') throw new PlatformTerminalError(error.message, { cause: error });
      throw new PlatformRetryableError(error.message, { cause: error });
    }
  }
}

/** Addresses outside of the machine do not exist here, so the public ones are the local ones. */
function addresses(local: LocalFiles, strategy: DeploymentStrategy, routed: string | undefined) {
  if (strategy === 'user_managed' && local.endpoints !== undefined) return local.endpoints;
  const uris = routed === undefined ? [] : [routed];
  return { deploymentURIsLocal: uris, deploymentURIsPublic: uris };
}

function refOf({ project, stage, service }: ServiceRef): ServiceRef {
  return { project, stage, service };
}
