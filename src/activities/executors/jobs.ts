import type { TaskActivities, TaskFinished } from '../../contracts/activities.ts';
import type { KeptnEvent } from '../../contracts/events.ts';
import type { JobTask } from '../../files/job-task.ts';
import type { ScopedFiles } from '../config/scoped-files.ts';
import type { EffectContext } from '../platform/platform.ts';
import type { RunRequest, RunResources, RunResult } from '../runner/runner.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { inActivity, isTerminal } from './effect-context.ts';
import { globMatches } from './globs.ts';
import { JobTerminalError, jobActions, type PlacedAction } from './job-config.ts';
import { jobEnvironment } from './job-environment.ts';
import { masked } from './masking.ts';
import { fileScope } from './payload.ts';
import { erroredTask, taskOutcome } from './task-outcome.ts';

/** Characters of logs that go into one message: the event stays far below the payload limit. */
const MAX_LOGS = 20_000;

/** What a job may use that says nothing else (job-executor-service). */
export const JOB_RESOURCES: RunResources = {
  limits: { cpu: '1', memory: '512Mi' },
  requests: { cpu: '50m', memory: '128Mi' },
};

type JobDependencies = Pick<ActivityDependencies, 'runner' | 'secrets' | 'logger' | 'options'> & {
  files: ScopedFiles;
};

/** The actions of job/config.yaml, with the rules and words of job-executor-service. */
export function jobsActivity(dependencies: JobDependencies): Pick<TaskActivities, 'runJobs'> {
  const run = async (event: KeptnEvent, context: EffectContext): Promise<TaskFinished> => {
    const actions = await jobActions(dependencies.files, event);
    if (actions.length === 0) return erroredTask(`job/config.yaml has no action for ${event.type} any more`);
    const start = new Date();
    let messages = '';
    for (const action of actions) {
      const { message, failure } = await runAction(dependencies, { event, action }, context);
      // A silent action answers nobody, so its failure is nobody's result; later actions run all the same.
      if (action.silent) {
        if (failure !== undefined)
          dependencies.logger.warn({ action: action.name, failure }, 'silent job failed');
      } else if (failure !== undefined) return erroredTask(failure);
      else messages += message;
    }
    return {
      status: 'succeeded',
      result: 'pass',
      message: messages,
      data: event.type === 'sh.keptn.event.test.triggered' ? { test: testWindow(start, new Date()) } : {},
    };
  };
  return { runJobs: ({ triggered }) => inActivity((context) => taskOutcome(() => run(triggered, context))) };
}

interface Outcome {
  message: string;
  failure?: string;
}

/** Its tasks one after another until one fails; nothing runs when one of them may not. */
async function runAction(
  dependencies: JobDependencies,
  { event, action }: { event: KeptnEvent; action: PlacedAction },
  context: EffectContext,
): Promise<Outcome> {
  let message = '';
  try {
    for (const { name, image } of action.tasks)
      refuseImage(name, image, dependencies.options?.imageAllowList);
    for (const [index, task] of action.tasks.entries()) {
      const job = new Job(dependencies, event, { action, task, name: jobName(event, action, index) });
      const outcome = await job.run(context);
      if (outcome.failure !== undefined) return outcome;
      message += outcome.message;
    }
    return { message };
  } catch (error) {
    if (action.silent && error instanceof Error && isTerminal(error))
      return { message, failure: error.message };
    throw error;
  }
}

/** One container of one action for one event. */
class Job {
  readonly #dependencies: JobDependencies;
  readonly #event: KeptnEvent;
  readonly #job: { action: PlacedAction; task: JobTask; name: string };

  constructor(
    dependencies: JobDependencies,
    event: KeptnEvent,
    job: { action: PlacedAction; task: JobTask; name: string },
  ) {
    this.#dependencies = dependencies;
    this.#event = event;
    this.#job = job;
  }

  async run(context: EffectContext): Promise<Outcome> {
    const { action, task } = this.#job;
    context.progress(`job ${action.name}/${task.name}`);
    const { request, secretValues } = await this.#request();
    const result = await this.#dependencies.runner.run(request, context);
    const logs = masked(result.logs, secretValues).slice(-MAX_LOGS);
    if (result.exitCode === 0 && !result.timedOut) {
      return { message: `Task '${task.name}' finished successfully!\n\nLogs:\n${logs}\n\n` };
    }
    const failure = `Task '${task.name}' failed: job ${request.name} ${howItFailed(result, task)}`;
    return { message: '', failure: `${failure}\n\nLogs: \n${logs}` };
  }

  async #request(): Promise<{ request: RunRequest; secretValues: string[] }> {
    const { task, name } = this.#job;
    const { secrets, options } = this.#dependencies;
    const { env, secretValues, otherSecrets } = await jobEnvironment(this.#event, task.env, secrets);
    const request: RunRequest = {
      name,
      namespace: task.namespace === '' ? (options?.jobNamespace ?? 'keptn') : task.namespace,
      image: task.image,
      command: task.cmd,
      args: task.args,
      files: await this.#files(),
      env,
      envFromSecrets: otherSecrets,
      workingDir: task.workingDir,
      timeoutSeconds: task.maxPollDuration,
      resources: task.resources ?? options?.jobResources ?? JOB_RESOURCES,
      ttlSecondsAfterFinished: task.ttlSecondsAfterFinished,
      securityContext: task.securityContext,
      annotations: task.annotations,
      ...(task.imagePullPolicy === '' ? {} : { imagePullPolicy: task.imagePullPolicy }),
      ...(task.serviceAccount === '' ? {} : { serviceAccount: task.serviceAccount }),
    };
    return { request, secretValues };
  }

  async #files(): Promise<RunRequest['files']> {
    const mounted = new Map<string, RunRequest['files'][number]>();
    for (const path of this.#job.task.files) {
      const found = await this.#dependencies.files.below(fileScope(this.#event), path);
      if (found.length === 0) {
        throw new JobTerminalError(
          `could not find file or folder ${path}, which the task '${this.#job.task.name}' mounts`,
        );
      }
      for (const file of found) mounted.set(file.path, file);
    }
    return [...mounted.values()];
  }
}

/** `job-executor-service-job-<event id>-<action>-<task>`: the same on every retry, so that a run is joined, not doubled. */
function jobName(event: KeptnEvent, action: PlacedAction, task: number): string {
  const place = [action.index, task + 1].map((index) => String(index).padStart(3, '0')).join('-');
  return `job-executor-service-job-${event.id.slice(0, 24)}-${place}`;
}

function howItFailed(result: RunResult, task: JobTask): string {
  if (result.timedOut) return `did not end within ${task.maxPollDuration} s (maxPollDuration)`;
  return `ended with exit code ${result.exitCode}`;
}

function refuseImage(task: string, image: string, allowed: readonly string[] | undefined): void {
  if (allowed === undefined || allowed.some((glob) => globMatches(glob, image))) return;
  throw new JobTerminalError(
    `Task '${task}' failed: Forbidden: Image ${image} does not match configured image allowlist.`,
  );
}

/** RFC 3339 with seconds, as job-executor-service wrote it. */
function testWindow(start: Date, end: Date): { start: string; end: string } {
  const seconds = (time: Date) => time.toISOString().replace(/\.\d+Z$/, 'Z');
  return { start: seconds(start), end: seconds(end) };
}
