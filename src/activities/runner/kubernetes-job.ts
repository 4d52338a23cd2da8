import { setTimeout as delay } from 'node:timers/promises';
import type { V1ContainerStatus, V1Job, V1Pod } from '@kubernetes/client-node';
import {
  isConflict,
  isNotFound,
  KubernetesApiError,
  KubernetesUnreachableError,
} from '../kubernetes/errors.ts';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts';
import { RESOURCES } from '../kubernetes/resources.ts';
import { describeFailingPods, hopelessReason } from '../platform/helm/failing-pod.ts';
import type { EffectContext } from '../platform/platform.ts';
import { RunnerRetryableError, RunnerTerminalError } from './errors.ts';
import { jobObjects } from './job-manifest.ts';
import { splitOutputs } from './job-outputs.ts';
import type { Runner, RunRequest, RunResult } from './runner.ts';

const POLL_MS = 300;
/** Characters of output that are kept. */
const KEPT_OUTPUT = 60_000;
const LOG_LINES = 5000;
/** Milliseconds between two looks at the log of a run that tells its progress. */
const PROGRESS_MS = 3000;
const PROGRESS_LINES = 20;

/** How Jobs are started. */
export interface KubernetesJobOptions {
  /** Seconds until a pod must have started its container: scheduling and pulling the image. Default 180. */
  readonly startSeconds?: number;
}

/** Runs a tool as a Kubernetes Job; the Job of a name is joined when it exists, so that a restarted worker finds its run. */
export class KubernetesJobRunner implements Runner {
  readonly #api: KubernetesApi;
  readonly #startSeconds: number;

  constructor(api: KubernetesApi, options: KubernetesJobOptions = {}) {
    this.#api = api;
    this.#startSeconds = options.startSeconds ?? 180;
  }

  async run(request: RunRequest, context: EffectContext): Promise<RunResult> {
    const objects = jobObjects(request);
    const run = { namespace: request.namespace, name: objects.name };
    try {
      context.signal.throwIfAborted();
      await this.#create({ ...run, ...objects });
      return await this.#follow(run, { request, context });
    } catch (error) {
      if (context.signal.aborted) {
        await this.#remove(run);
        throw context.signal.reason;
      }
      if (error instanceof KubernetesUnreachableError)
        throw new RunnerRetryableError(error.message, { cause: error });
      if (error instanceof KubernetesApiError) throw new RunnerTerminalError(error.message, { cause: error });
      throw error;
    }
  }

  /** The Secret is there before the Job that reads it, and goes with it. */
  async #create(run: { namespace: string; name: string } & ReturnType<typeof jobObjects>): Promise<void> {
    const { namespace, name } = run;
    try {
      await this.#api.create({ resource: RESOURCES.secret, namespace }, run.secret);
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
    let job: V1Job;
    try {
      job = await this.#api.create<V1Job>({ resource: RESOURCES.job, namespace }, run.job);
    } catch (error) {
      if (!isConflict(error)) throw error;
      return;
    }
    const owner = { apiVersion: 'batch/v1', kind: 'Job', name, uid: job.metadata?.uid ?? '' };
    await this.#api.mergePatch(
      { resource: RESOURCES.secret, namespace, name },
      { metadata: { ownerReferences: [owner] } },
    );
  }

  async #follow(
    run: Place,
    { request, context }: { request: RunRequest; context: EffectContext },
  ): Promise<RunResult> {
    const startLimit = Date.now() + this.#startSeconds * 1000;
    let lookAgain = 0;
    let progress = `job ${run.name} runs`;
    for (;;) {
      const pod = await this.#pod(run);
      const status = pod?.status?.containerStatuses?.[0];
      const ended = status?.state?.terminated;
      if (pod !== undefined && ended !== undefined) {
        if (ended.reason === 'StartError')
          throw new RunnerTerminalError(`job ${run.name} could not start: ${ended.message}`);
        return { exitCode: ended.exitCode, ...(await this.#result(pod, request)), timedOut: false };
      }
      const startedAt = status?.state?.running?.startedAt;
      if (pod !== undefined && startedAt !== undefined) {
        if (request.progressOf !== undefined && Date.now() >= lookAgain) {
          progress = request.progressOf(await this.#logs(pod, PROGRESS_LINES)) ?? progress;
          lookAgain = Date.now() + PROGRESS_MS;
        }
        context.progress(progress);
        if (Date.now() > Date.parse(String(startedAt)) + request.timeoutSeconds * 1000)
          return this.#timeOut(run, pod);
      } else {
        context.progress(`job ${run.name} is starting`);
        await this.#checkStart(run, { pod, status, overdue: Date.now() > startLimit });
      }
      await delay(POLL_MS, undefined, { signal: context.signal });
    }
  }

  async #pod({ namespace, name }: Place): Promise<V1Pod | undefined> {
    const labelSelector = `batch.kubernetes.io/job-name=${name}`;
    return (await this.#api.list<V1Pod>({ resource: RESOURCES.pod, namespace }, { labelSelector }))[0];
  }

  async #timeOut(run: Place, pod: V1Pod): Promise<RunResult> {
    const logs = await this.#logs(pod);
    await this.#remove(run);
    return { exitCode: 137, logs, timedOut: true, outputs: {} };
  }

  /** A pod that can never start, or does not in time, ends the run with what Kubernetes says about it. */
  async #checkStart(
    run: Place,
    seen: { pod: V1Pod | undefined; status: V1ContainerStatus | undefined; overdue: boolean },
  ): Promise<void> {
    const { pod, overdue } = seen;
    const hopeless = pod && hopelessReason([pod]);
    if (hopeless !== undefined || (overdue && pod !== undefined)) {
      const details = pod === undefined ? '' : await describeFailingPods(this.#api, run.namespace, [pod]);
      await this.#remove(run);
      throw new RunnerTerminalError(
        `job ${run.name} could not start: ${hopeless ?? 'not in time'}\n${details}`,
      );
    }
    if (pod !== undefined) return;
    const job = await this.#api.find<V1Job>({ resource: RESOURCES.job, ...run });
    if (job === undefined)
      throw new RunnerRetryableError(
        `job ${run.name} was deleted while it ran; it is started anew by a retry`,
      );
    const failed = job.status?.conditions?.find(({ type, status }) => type === 'Failed' && status === 'True');
    if (failed === undefined && !overdue) return;
    await this.#remove(run);
    throw new RunnerTerminalError(
      `job ${run.name} got no pod: ${failed?.message ?? 'not in time (quota or admission may refuse it)'}`,
    );
  }

  /** The whole log when files lie at its end. */
  async #result(pod: V1Pod, { outputs = [] }: RunRequest): Promise<Pick<RunResult, 'logs' | 'outputs'>> {
    if (outputs.length === 0) return { logs: await this.#logs(pod), outputs: {} };
    const found = splitOutputs(await this.#logs(pod, Number.POSITIVE_INFINITY), outputs);
    return { ...found, logs: found.logs.slice(-KEPT_OUTPUT) };
  }

  async #logs(pod: V1Pod, lines = LOG_LINES): Promise<string> {
    const { namespace = '', name = '' } = pod.metadata ?? {};
    const options = lines === Number.POSITIVE_INFINITY ? {} : { lines, bytes: KEPT_OUTPUT };
    try {
      return await this.#api.logs({ namespace, name, container: 'run' }, options);
    } catch (error) {
      if (isNotFound(error)) return '(the pod and its log are gone)';
      throw error;
    }
  }

  async #remove({ namespace, name }: Place): Promise<void> {
    await this.#api.delete({ resource: RESOURCES.job, namespace, name });
    await this.#api.delete({ resource: RESOURCES.secret, namespace, name });
  }
}

interface Place {
  readonly namespace: string;
  readonly name: string;
}
