import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { rolloutActivities } from '../../src/activities/executors/rollout.ts';
import { keptWarm, readWarm } from '../../src/client/kept-warm.ts';
import type { Activities } from '../../src/contracts/activities.ts';
import { keepWarmWorkflowId } from '../../src/contracts/ids.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { SequenceOutcome, SequenceRequest } from '../../src/contracts/workflows.ts';
import { parseSlo } from '../../src/files/slo.ts';
import type { TaskDefinition } from '../../src/sequence/types.ts';
import { RecordingActivities } from '../support/recording-activities.ts';
import { requestFor, runIdOf } from '../support/requests.ts';
import { withWorker } from '../support/temporal.ts';
import type { ServiceUnderTest } from './service-under-test.ts';

/** Answers may take a second, which a busy machine keeps as well; the service `slower` takes 1.5. */
const SLO = `spec_version: "1.0"
objectives:
  - sli: response_time
    pass: [{criteria: ["<=1000"]}]
total_score: {pass: "90%", warning: "75%"}
`;
const MEASUREMENTS = 5;

/** Runs of tasks for one service: real workflows on a real Temporal, real rollout steps on the real cluster. */
export interface StrategyRuns {
  readonly recorded: RecordingActivities;
  /** Runs the tasks to their end; `image` is what a deployment among them deploys. */
  run(tasks: TaskDefinition[], image?: string): Promise<SequenceOutcome>;
}

/** A worker while `body` runs; what is kept warm at its end is no longer watched. */
export async function withStrategyRuns(
  service: ServiceUnderTest,
  gateway: string,
  body: (runs: StrategyRuns) => Promise<void>,
): Promise<void> {
  const recorded = new RecordingActivities();
  const parts: { keptWarm?: ReturnType<typeof keptWarm> } = {};
  const kept = {
    end: async (asked: Parameters<ReturnType<typeof keptWarm>['end']>[0]) =>
      (await parts.keptWarm?.end(asked)) ?? ('nothing' as const),
  };
  const rollout = rolloutActivities({ platform: service.platform, traffic: service.traffic, keptWarm: kept });
  const activities = recorded.all({ ...rollout, ...gate(service, gateway) });
  await withWorker(activities, async ({ client, taskQueue }) => {
    parts.keptWarm = keptWarm(client);
    const run = (tasks: TaskDefinition[], image = ''): Promise<SequenceOutcome> => {
      const input = requestOf(service, image);
      const pinned = requestFor(tasks, { input });
      const options = { workflowId: runIdOf(pinned), taskQueue, args: [pinned] as [SequenceRequest] };
      return client.workflow.execute<(pinned: SequenceRequest) => Promise<SequenceOutcome>>(
        'sequence',
        options,
      );
    };
    await body({ recorded, run });
    if ((await readWarm(client, service.ref)) !== undefined) {
      await client.workflow.getHandle(keepWarmWorkflowId(service.ref)).terminate('the test is over');
    }
  });
}

function requestOf({ ref }: ServiceUnderTest, image: string): Partial<SequenceRequest['input']> {
  return {
    ...ref,
    gitCommitId: '',
    keptnContext: randomUUID(),
    triggerData: { ...ref, configurationChange: { values: image === '' ? {} : { image } } },
  };
}

/** The gate over what testers of the canary measure through the gateway. */
function gate(
  service: ServiceUnderTest,
  gateway: string,
): Pick<Activities, 'prepareEvaluation' | 'fetchSlis'> {
  const { slo } = parseSlo(SLO);
  return {
    prepareEvaluation: async ({ project, stage, service: name, gitCommitId, triggered }) => {
      const { start, end } = triggered.data.test as { start: string; end: string };
      const scope = { project, stage, service: name, gitCommitId, start, end };
      const fetch = { ...scope, provider: 'testers', indicators: ['response_time'], deployment: 'canary' };
      return {
        outcome: 'ready',
        slo: slo as unknown as JsonObject,
        sloFileContent: '',
        previous: [],
        fetches: [{ ...fetch, labels: {}, customFilters: [] }],
      };
    },
    fetchSlis: async ({ start, end }) => {
      const times: number[] = [];
      for (let count = 0; count < MEASUREMENTS; count += 1) times.push(await canaryTime(service, gateway));
      const median = times.toSorted((one, other) => one - other)[Math.floor(MEASUREMENTS / 2)] ?? 0;
      const value = { metric: 'response_time', value: median, success: true };
      return { status: 'succeeded', result: 'pass', message: '', start, end, values: [value] };
    },
  };
}

/** Milliseconds of one request to the canary. */
async function canaryTime({ host }: ServiceUnderTest, gateway: string): Promise<number> {
  const before = performance.now();
  await new Promise<void>((resolve, reject) => {
    request(gateway, { headers: { host, 'x-slipway-side': 'canary' } }, (response) => {
      response.resume();
      response.on('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`status ${response.statusCode}`)),
      );
    })
      .on('error', reject)
      .end();
  });
  return performance.now() - before;
}
