import type { TaskActivities, TaskFinished } from '../../contracts/activities.ts';
import type { KeptnEvent } from '../../contracts/events.ts';
import type { JobTask } from '../../files/job-task.ts';
import type { ScopedFiles } from '../config/scoped-files.ts';
import type { EffectContext } from '../platform/platform.ts';
import type { RunRequest, RunResult } from '../runner/runner.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { inActivity } from './effect-context.ts';
import { globMatches } from './globs.ts';
import { JobTerminalError, jobActions, type PlacedAction } from './job-config.ts';
import { expandVariables, jobEnvironment } from './job-environment.ts';
import { masked } from './masking.ts';
import { fileScope } from './payload.ts';
import { erroredTask, taskOutcome } from './task-outcome.ts';

/** Characters of logs that go into one message: the event stays far below the payload limit. */
const MAX_LOGS = 20_000;

type JobDependencies = Pick<ActivityDependencies, 'runner' | 'secrets' | 'options'> & { files: ScopedFiles };

/** The actions of job/config.yaml, with the rules and words of job-executor-service. */
export function jobsActivity(dependencies: JobDependencies): Pick<TaskActivities, 'runJobs'> {
  const run = async (event: KeptnEvent, context: EffectContext): Promise<TaskFinished> => {
    const actions = await jobActions(dependencies.files, event);
    if (actions.length === 0) return erroredTask(`job/config.yaml has no action for ${event.type} any more`);
    const start = new Date();
    const messages: string[] = [];
    for (const action of actions) {
      for (const [index, task] of action.tasks.entries()) {
        const job = new Job(dependencies, event, { action, task, name: jobName(event, action, index) });
        const outcome = await job.run(context);
        if (outcome.failure !== undefined) return erroredTask(outcome.failure);
        if (!action.silent) messages.push(outcome.message);
      }
    }
    return {
      status: 'succeeded',
      result: 'pass',
      message: messages.join(''),
      data: event.type === 'sh.keptn.event.test.triggered' ? { test: testWindow(start, new Date()) } : {},
    };
  };
  return { runJobs: ({ triggered }) => inActivity((context) => taskOutcome(() => run(triggered, context))) };
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

  async run(context: EffectContext): Promise<{ message: string; failure?: string }> {
    const { action, task } = this.#job;
    context.progress(`job ${action.name}/${task.name}`);
    const { request, secretValues } = await this.#request();
    const result = await this.#dependencies.runner.run(request, context);
    const logs = masked(result.logs, secretValues).slice(-MAX_LOGS);
    if (result.exitCode === 0 && !result.timedOut) {
      return { message: `Task '${task.name}' finished successfully!\n\nLogs:\n${logs}\n\n` };
    }
    const reason = `Error while creating job: task '${task.name}' of action '${action.name}' ${howItFailed(result, task)}`;
    return { message: '', failure: `${reason}\n\nLogs:\n${logs}` };
  }

  async #request(): Promise<{ request: RunRequest; secretValues: string[] }> {
    const { task, name } = this.#job;
    const { files, secrets, options } = this.#dependencies;
    refuseImage(task.image, options?.imageAllowList);
    const { env, secretValues } = await jobEnvironment(this.#event, task.env, secrets);
    const mounted: RunRequest['files'] = [];
    for (const path of task.files) {
      const found = await files.below(fileScope(this.#event), path);
      if (found.length === 0) {
        throw new JobTerminalError(
          `could not find file or folder ${path}, which the task '${task.name}' mounts`,
        );
      }
      mounted.push(...found);
    }
    const request: RunRequest = {
      name,
      namespace: task.namespace === '' ? (options?.jobNamespace ?? 'keptn') : task.namespace,
      image: task.image,
      argv: [...task.cmd, ...task.args].map((text) => expandVariables(text, env)),
      files: mounted,
      env,
      workingDir: task.workingDir,
      timeoutSeconds: task.maxPollDuration,
      limits: task.resources.limits,
      ...(task.serviceAccount === '' ? {} : { serviceAccount: task.serviceAccount }),
    };
    return { request, secretValues };
  }
}

/** `job-executor-service-job-<event id>-<action>-<task>`: the same on every retry, so that a run is joined, not doubled. */
function jobName(event: KeptnEvent, action: PlacedAction, task: number): string {
  const place = [action.index, task].map((index) => String(index + 1).padStart(3, '0')).join('-');
  return `job-executor-service-job-${event.id.slice(0, 24)}-${place}`;
}

function howItFailed(result: RunResult, task: JobTask): string {
  if (result.timedOut) return `did not end within ${task.maxPollDuration} s (maxPollDuration)`;
  return `ended with exit code ${result.exitCode}`;
}

function refuseImage(image: string, allowed: readonly string[] | undefined): void {
  if (allowed === undefined || allowed.some((glob) => globMatches(glob, image))) return;
  throw new JobTerminalError(`Forbidden: Image ${image} does not match configured image allowlist.`);
}

/** RFC 3339 with seconds, as job-executor-service wrote it. */
function testWindow(start: Date, end: Date): { start: string; end: string } {
  const seconds = (time: Date) => time.toISOString().replace(/\.\d+Z$/, 'Z');
  return { start: seconds(start), end: seconds(end) };
}
