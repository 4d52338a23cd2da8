import type { V1Deployment } from '@kubernetes/client-node';
import type { JsonObject } from '../../../contracts/json.ts';
import { KubernetesUnreachableError } from '../../kubernetes/errors.ts';
import type { KubernetesApi } from '../../kubernetes/kubernetes-api.ts';
import { RESOURCES } from '../../kubernetes/resources.ts';
import { PlatformRetryableError, PlatformTerminalError } from '../errors.ts';
import type { EffectContext } from '../platform.ts';
import { asPlatformErrors } from './as-platform-errors.ts';
import type { Chart } from './chart.ts';
import { parseManifest } from './chart-yaml.ts';
import type { HelmCommand, Release } from './helm-command.ts';
import { waitUntilListening } from './listening.ts';
import { STOPPED_ANNOTATION, setReplicas } from './live-objects.ts';
import { isKind, objectAt, objectName } from './objects.ts';
import { refuseForeignRelease } from './release-owner.ts';
import { before, madeBy, settledHistory, stepDescription } from './release-state.ts';
import { waitForRollout, waitForRollouts } from './rollout.ts';

/** One change of one release. */
export interface ReleaseStep {
  readonly release: Release;
  /** Keptn service that the release is for. */
  readonly service: string;
  /** Name of the step and the key that stays the same when it is repeated. */
  readonly name: string;
  readonly key: string;
  readonly chart: () => Promise<{ chart: Chart; commit?: string }>;
  readonly values: JsonObject;
  /** Deployments that this step starts although they were stopped, or have their replicas from an autoscaler. */
  readonly starts?: (manifest: readonly JsonObject[]) => Promise<JsonObject>;
}

/** Seconds that a release which was put back gets to be ready, before the failure is reported. */
const RESTORE_SECONDS = 60;

/** Changes of releases: done once however often they are repeated, waited for, and undone when they fail. */
export class ReleaseSteps {
  readonly #api: KubernetesApi;
  readonly #helm: HelmCommand;
  readonly #timeoutSeconds: number;

  constructor(parts: { api: KubernetesApi; helm: HelmCommand }, timeoutSeconds: number) {
    this.#api = parts.api;
    this.#helm = parts.helm;
    this.#timeoutSeconds = timeoutSeconds;
  }

  /** Objects of a release; empty when there is none. */
  async manifest(release: Release): Promise<JsonObject[]> {
    return parseManifest((await this.#helm.manifest(release)) ?? '', `manifest of release ${release.name}`);
  }

  /** Brings the release to the chart unless this very step has done so, and waits for it; answers the chart's commit. */
  async carryOut(step: ReleaseStep, context: EffectContext): Promise<string | undefined> {
    const { release } = step;
    const description = stepDescription(step.name, step.key);
    const revisions = await settledHistory(this.#helm, release, context);
    const done = madeBy(revisions, description) !== undefined;
    if (!done && revisions.length > 0) await refuseForeignRelease(this.#helm, release, step.service);
    const loaded = done ? undefined : await step.chart();
    try {
      if (loaded !== undefined) {
        context.progress(`helm upgrade ${release.name}`);
        await this.#helm.upgrade(release, {
          chart: loaded.chart,
          values: step.values,
          description,
        });
      }
      const manifest = await this.manifest(release);
      const started = await step.starts?.(manifest);
      if (started !== undefined) await this.#start(release.namespace, { manifest, deployment: started });
      await this.#awaitAll(release, { manifest, seconds: this.#timeoutSeconds, context });
      if (started !== undefined) await this.#markStarted(release.namespace, objectName(started));
    } catch (error) {
      // Without the API server nothing can be put back: the next attempt goes on from what it finds.
      const unreachable = error instanceof KubernetesUnreachableError && !context.signal.aborted;
      if (!unreachable) await this.#undo(error, { release, description, context });
      throw error;
    }
    return loaded?.commit;
  }

  /** Makes again what somebody has deleted of a release, as it was at its newest good revision, and waits for it. */
  async recreate(release: Release, context: EffectContext): Promise<void> {
    const good = before(await settledHistory(this.#helm, release, context), '');
    if (good === undefined) return;
    context.progress(`objects of release ${release.name} were deleted by somebody; making them again`);
    await this.#helm.rollback(release, good.revision);
    const manifest = await this.manifest(release);
    await this.#awaitAll(release, { manifest, seconds: this.#timeoutSeconds, context });
  }

  /** An abort gives the traffic back to what was there before: that side must be whole again first. */
  async #undo(
    failure: unknown,
    { release, description, context }: { release: Release; description: string; context: EffectContext },
  ): Promise<void> {
    try {
      await asPlatformErrors(() => this.#restore(release, { description, context: undisturbed(context) }));
    } catch (error) {
      if (!isPlatformError(error)) throw error;
      const Kind = error instanceof PlatformTerminalError ? PlatformTerminalError : PlatformRetryableError;
      const why = failure instanceof Error ? failure.message : String(failure);
      throw new Kind(`${why}\nrelease ${release.name} could not be put back either: ${error.message}`, {
        cause: failure,
      });
    }
  }

  /** Waits until a Deployment without readiness probe listens on the ports of the Service that leads to it. */
  async awaitListening(
    which: { namespace: string; name: string; service: JsonObject },
    context: EffectContext,
  ): Promise<void> {
    const { namespace, name, service } = which;
    const live = await this.#api.get<V1Deployment>({ resource: RESOURCES.deployment, namespace, name });
    await waitUntilListening(this.#api, live, { namespace, service, seconds: this.#timeoutSeconds, context });
  }

  /** Waits for one Deployment. */
  async awaitDeployment(which: { namespace: string; name: string }, context: EffectContext): Promise<void> {
    const { namespace, name } = which;
    const deadline = Date.now() + this.#timeoutSeconds * 1000;
    const wait = { namespace, timeoutSeconds: this.#timeoutSeconds, context, deadline };
    await waitForRollout(this.#api, { resource: RESOURCES.deployment, name }, wait);
  }

  #awaitAll(
    release: Release,
    what: { manifest: JsonObject[]; seconds: number; context: EffectContext },
  ): Promise<void> {
    const wait = { namespace: release.namespace, timeoutSeconds: what.seconds, context: what.context };
    return waitForRollouts(this.#api, what.manifest, wait);
  }

  /** Charts with an autoscaler name no replicas: a Deployment that was stopped at 0 would stay there. */
  async #start(
    namespace: string,
    { manifest, deployment }: { manifest: JsonObject[]; deployment: JsonObject },
  ): Promise<void> {
    const name = objectName(deployment);
    const asked = objectAt(deployment, 'spec')?.replicas;
    const live = await this.#api.find<V1Deployment>({ resource: RESOURCES.deployment, namespace, name });
    const wanted = typeof asked === 'number' ? asked : Math.max(1, autoscalerMinimum(manifest, name));
    if ((live?.spec?.replicas ?? 1) < wanted) await setReplicas(this.#api, { namespace, name }, wanted);
  }

  async #markStarted(namespace: string, name: string): Promise<void> {
    const path = { resource: RESOURCES.deployment, namespace, name };
    const live = await this.#api.get<V1Deployment>(path);
    if (live.metadata?.annotations?.[STOPPED_ANNOTATION] === undefined) return;
    await this.#api.mergePatch(path, { metadata: { annotations: { [STOPPED_ANNOTATION]: null } } });
  }

  /** Puts a release back to what it was before the step; a side that was stopped then is stopped again. */
  async #restore(
    release: Release,
    { description, context }: { description: string; context: EffectContext },
  ): Promise<void> {
    const revisions = await this.#helm.history(release);
    if (revisions.at(-1)?.description !== description) return;
    context.progress(`release ${release.name} failed and is put back`);
    const good = before(revisions, description);
    if (good === undefined) return this.#helm.uninstall(release);
    await this.#helm.rollback(release, good.revision);
    const manifest = await this.manifest(release);
    for (const object of manifest.filter((entry) => isKind(entry, 'apps', 'Deployment'))) {
      await this.#stopAgain(release.namespace, objectName(object));
    }
    try {
      await this.#awaitAll(release, { manifest, seconds: RESTORE_SECONDS, context });
    } catch (error) {
      // The failure that is being reported matters more than a slow return to the old state.
      if (!isPlatformError(error)) throw error;
      context.progress(`release ${release.name} is not ready after it was put back: ${error.message}`);
    }
  }

  async #stopAgain(namespace: string, name: string): Promise<void> {
    const live = await this.#api.find<V1Deployment>({ resource: RESOURCES.deployment, namespace, name });
    if (live?.metadata?.annotations?.[STOPPED_ANNOTATION] === 'true')
      await setReplicas(this.#api, { namespace, name }, 0);
  }
}

function isPlatformError(error: unknown): error is PlatformTerminalError | PlatformRetryableError {
  return error instanceof PlatformTerminalError || error instanceof PlatformRetryableError;
}

/** The same progress for work that an abort must not break off. */
function undisturbed(context: EffectContext): EffectContext {
  return { progress: context.progress, signal: new AbortController().signal };
}

function autoscalerMinimum(manifest: readonly JsonObject[], deployment: string): number {
  const minimums = manifest
    .filter((object) => objectAt(object, 'spec', 'scaleTargetRef')?.name === deployment)
    .map((object) => objectAt(object, 'spec'))
    .map((spec) => spec?.minReplicas ?? spec?.minReplicaCount)
    .filter((value) => typeof value === 'number');
  return Math.max(0, ...minimums);
}
