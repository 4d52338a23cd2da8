import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { Activities, PreparedEvaluation, SliFetch } from '../../src/contracts/activities.ts';
import type { KeptnEvent } from '../../src/contracts/events.ts';
import { evaluationWorkflowId } from '../../src/contracts/ids.ts';
import { isJsonObject, type JsonObject } from '../../src/contracts/json.ts';
import type { DefaultTimeouts, EvaluationInput } from '../../src/contracts/workflows.ts';
import { parseSlo } from '../../src/files/slo.ts';
import type { RecordingActivities } from './recording-activities.ts';
import { withWorker } from './temporal.ts';

/** Whose evaluation it is. */
export const SCOPE = { project: 'sockshop', stage: 'dev', service: 'carts' };
/** The time that is judged. */
export const WINDOW = { start: '2026-01-01T00:00:00.000Z', end: '2026-01-01T00:05:00.000Z' };
/** A file with one objective that can fail and one of information only. */
export const SLO = `
objectives:
  - sli: response_time
    pass: [{ criteria: ["<600"] }]
  - sli: error_rate
total_score: { pass: "90%" }
`;

type Evaluation = (input: EvaluationInput) => Promise<KeptnEvent>;
type Run = WorkflowHandleWithFirstExecutionRunId<Evaluation>;

/** How an evaluation differs from the usual one. */
export interface EvaluationSetting {
  slo?: string;
  compared?: string[];
  fetch?: Partial<SliFetch>;
  timeouts?: DefaultTimeouts;
}

/** Carries out one evaluation with some activities replaced; answers its `.finished` event. */
export function evaluate(
  recorded: RecordingActivities,
  overrides: Partial<Activities>,
  setting: EvaluationSetting = {},
): Promise<KeptnEvent> {
  return withEvaluation(recorded, setting, (run) => run.result(), overrides);
}

/** Starts one evaluation on a worker of its own and lets `body` play its part. */
export function withEvaluation(
  recorded: RecordingActivities,
  setting: EvaluationSetting,
  body: (run: Run) => Promise<KeptnEvent>,
  overrides: Partial<Activities> = {},
): Promise<KeptnEvent> {
  const activities = recorded.all({
    prepareEvaluation: async () => prepared(setting.slo ?? SLO, setting),
    ...overrides,
  });
  return withWorker(activities, async ({ client, taskQueue }) => {
    const triggered = eventOf('sh.keptn.event.evaluation.triggered', { labels: { build: '7' } });
    const scope = { ...SCOPE, keptnContext: triggered.shkeptncontext };
    const { timeouts } = setting;
    const input = {
      ...scope,
      gitCommitId: 'abc',
      triggered,
      ...(timeouts === undefined ? {} : { timeouts }),
    };
    const run = await client.workflow.start<Evaluation>('evaluation', {
      args: [input],
      taskQueue,
      workflowId: evaluationWorkflowId({ ...scope, triggeredId: triggered.id }),
    });
    return body(run);
  });
}

/** What `prepareEvaluation` answers for the text of an slo.yaml. */
export function prepared(text: string, { compared = [], fetch }: EvaluationSetting): PreparedEvaluation {
  const { slo } = parseSlo(text);
  assert.ok(slo);
  const request: SliFetch = {
    ...SCOPE,
    provider: 'prometheus',
    indicators: slo.objectives.map(({ sli }) => sli),
    ...WINDOW,
    deployment: 'canary',
    labels: { build: '7' },
    customFilters: [{ key: 'job', value: 'mine' }],
    gitCommitId: 'abc',
    ...fetch,
  };
  return {
    outcome: 'ready',
    slo: JSON.parse(JSON.stringify(slo)) as JsonObject,
    sloFileContent: '',
    previous: [],
    fetches: [request],
    ...(compared.length === 0
      ? {}
      : {
          comparisons: [{ ...request, indicators: compared, stepSeconds: 5 }],
          problems: ['slo.yaml:1:1 found'],
        }),
  };
}

/** The answer of a provider that has measured the same value for every indicator. */
export function measured({ indicators, start, end }: SliFetch, value: number) {
  const values = indicators.map((metric) => ({ metric, value, success: true }));
  return { status: 'succeeded', result: 'pass', message: '', start, end, values } as const;
}

/** An event of the service under test. */
export function eventOf(type: string, data: JsonObject): KeptnEvent {
  return {
    id: randomUUID(),
    type,
    source: 'test',
    specversion: '1.0',
    contenttype: 'application/json',
    time: new Date().toISOString(),
    shkeptncontext: randomUUID(),
    data: { ...SCOPE, ...data } as KeptnEvent['data'],
  };
}

/** The block of an event's data under a key; empty when it has none. */
export function blockOf(event: KeptnEvent | undefined, key: string): JsonObject {
  const block = event?.data[key];
  return isJsonObject(block) ? block : {};
}
