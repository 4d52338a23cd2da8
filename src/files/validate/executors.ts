import { coversType } from '../event-cover.ts';
import type { JobConfig } from '../job.ts';
import type { Problem } from '../problem.ts';
import type { CheckedFile } from '../validate.ts';
import type { WebhookFile } from '../webhook.ts';
import { allTasks, modelsOf, warn } from './usable.ts';

/** Tasks that Slipway carries out itself. */
const BUILTIN_TASKS: ReadonlySet<string> = new Set([
  'deployment',
  'test',
  'evaluation',
  'release',
  'rollback',
  'approval',
  'get-action',
  'action',
]);

/** Actions that Slipway carries out itself (helm-service 0.18). */
const BUILTIN_ACTIONS: ReadonlySet<string> = new Set(['scaling']);

/** Tasks that neither Slipway nor a job or webhook of these files carries out. */
export function unansweredTasks(files: readonly CheckedFile[]): Problem[] {
  const asked = allTasks(files).filter(
    ({ task }) =>
      !BUILTIN_TASKS.has(task.name) &&
      task.properties?.['x-executor'] === undefined &&
      !answers(files, `sh.keptn.event.${task.name}.triggered`),
  );
  const first = firstOfEach(asked, ({ source, task }) => `${source.file} ${task.name}`);
  return first.map(({ source, owner, task, path }) =>
    warn(source, path, [
      `task ${task.name} of ${owner} is answered by nothing in these files`,
      `it waits for an integration subscribed to it, or a Temporal worker on slipway-task-${task.name}`,
    ]),
  );
}

/** Actions of remediations that neither Slipway nor a job or webhook of these files carries out. */
export function unansweredActions(files: readonly CheckedFile[]): Problem[] {
  const hint = `built in is ${[...BUILTIN_ACTIONS].join(', ')}; add an action for sh.keptn.event.action.triggered to job/config.yaml`;
  return modelsOf(files, 'remediation').flatMap((source) =>
    source.model.remediations.flatMap((remediation, r) =>
      (remediation.actionsOnOpen ?? []).flatMap(({ action }, a) => {
        if (BUILTIN_ACTIONS.has(action) || answersAction(files, action)) return [];
        const path = ['spec', 'remediations', r, 'actionsOnOpen', a, 'action'];
        return [warn(source, path, [`action ${action} is answered by nothing in these files`, hint])];
      }),
    ),
  );
}

/** True when a job or a webhook of these files answers the event. */
export function answers(files: readonly CheckedFile[], eventType: string): boolean {
  const jobs = modelsOf(files, 'job').some(({ model }) => jobAnswers(model, eventType));
  return jobs || modelsOf(files, 'webhook').some(({ model }) => webhookAnswers(model, eventType));
}

/** Where job/config.yaml tells one action from another. */
const ACTION_NAME = 'data.action.action';

function answersAction(files: readonly CheckedFile[], action: string): boolean {
  const type = 'sh.keptn.event.action.triggered';
  const byJob = modelsOf(files, 'job').some(({ model }) =>
    model.actions.some(({ events }) =>
      events.some(({ pattern, condition }) => {
        const names = condition?.path.join('.') === ACTION_NAME;
        return pattern.test(type) && (!names || condition.match === action);
      }),
    ),
  );
  return byJob || modelsOf(files, 'webhook').some(({ model }) => webhookAnswers(model, type));
}

function jobAnswers(config: JobConfig, eventType: string): boolean {
  return config.actions.some((action) => action.events.some((event) => event.pattern.test(eventType)));
}

function webhookAnswers(config: WebhookFile, eventType: string): boolean {
  return config.webhooks.some((webhook) => coversType(webhook.type, eventType));
}

function firstOfEach<Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[] {
  const seen = new Set<string>();
  return items.filter((item) => !seen.has(keyOf(item)) && seen.add(keyOf(item)));
}
