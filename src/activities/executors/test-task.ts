import type { TaskActivities, TaskFinished } from '../../contracts/activities.ts';
import type { EventData, KeptnEvent } from '../../contracts/events.ts';
import type { LoadRequest, LoadResult } from '../load/load-tool.ts';
import type { EffectContext } from '../platform/platform.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { inActivity } from './effect-context.ts';
import { objectAt, textAt, textsAt } from './payload.ts';
import { erroredTask, taskOutcome } from './task-outcome.ts';

/** Strategy under which the users themselves are the test: nothing is run (jmeter-service). */
const REAL_USER = 'real-user';
/** Workload that precedes every other one (jmeter-service). */
const HEALTH_CHECK = 'healthcheck';

/**
 * The built-in task `test`: a health check, then the workload of the strategy, against the newest deployment.
 * The window covers both, because the evaluation looks at exactly this window (jmeter-service).
 */
export function testActivity({
  loadTool,
}: Pick<ActivityDependencies, 'loadTool'>): Pick<TaskActivities, 'runTest'> {
  const run = async (event: KeptnEvent, context: EffectContext): Promise<TaskFinished> => {
    const strategy = textAt(objectAt(event.data, 'test'), 'teststrategy').toLowerCase();
    if (strategy === REAL_USER) {
      const message = 'Nothing was run: with test strategy real-user the users are the test';
      return { status: 'succeeded', result: 'pass', message, data: {} };
    }
    const target = targetOf(event.data);
    if (target === undefined) {
      return erroredTask(
        'There is nothing to test: deployment.deploymentURIsLocal and deployment.deploymentURIsPublic hold no ' +
          'usable address; run a deployment first or give one in the triggering event',
      );
    }
    const request = loadRequest(event, target);
    const health = await loadTool.run({ ...request, strategy: HEALTH_CHECK }, context);
    if (health.result === 'fail' || strategy === '' || strategy === HEALTH_CHECK) {
      return finished(event, strategy || HEALTH_CHECK, { first: health, last: health });
    }
    const load = await loadTool.run({ ...request, strategy }, context);
    return finished(event, strategy, { first: health, last: load });
  };
  return { runTest: ({ triggered }) => inActivity((context) => taskOutcome(() => run(triggered, context))) };
}

/** The address to test: the first local one, else the first public one; an empty path becomes `/`. */
export function targetOf(data: EventData): string | undefined {
  const deployment = objectAt(data, 'deployment');
  const address =
    textsAt(deployment, 'deploymentURIsLocal')[0] ?? textsAt(deployment, 'deploymentURIsPublic')[0];
  return address !== undefined && URL.canParse(address) ? new URL(address).href : undefined;
}

function loadRequest(event: KeptnEvent, target: string): Omit<LoadRequest, 'strategy'> {
  const { project, stage, service } = event.data;
  const [publicTarget] = textsAt(objectAt(event.data, 'deployment'), 'deploymentURIsPublic');
  return {
    project,
    stage,
    service,
    target,
    id: event.id,
    keptnContext: event.shkeptncontext,
    ...(publicTarget ? { publicTarget } : {}),
    ...(event.gitcommitid ? { gitCommitId: event.gitcommitid } : {}),
  };
}

function finished(
  event: KeptnEvent,
  strategy: string,
  { first, last }: { first: LoadResult; last: LoadResult },
): TaskFinished {
  const { project, stage, service } = event.data;
  const message =
    `Tests for ${strategy} with status = ${last.result === 'pass'}. Project: ${project}, Service: ${service}, ` +
    `Stage: ${stage}, TestStrategy: ${strategy}. ${last.message}`;
  return {
    status: 'succeeded',
    result: last.result,
    message: message.trimEnd(),
    data: { test: { start: first.start, end: last.end } },
  };
}
