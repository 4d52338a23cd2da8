import { setTimeout as delay } from 'node:timers/promises';
import type { RolloutActivities, ShiftRequest, TaskRequest } from '../../contracts/activities.ts';
import type { EventData } from '../../contracts/events.ts';
import { PlatformTerminalError } from '../platform/errors.ts';
import type {
  Deployment,
  DeploymentStrategy,
  DeployRequest,
  EffectContext,
  Platform,
  ServiceRef,
} from '../platform/platform.ts';
import { TrafficRetryableError } from '../traffic/errors.ts';
import type { Observation } from '../traffic/traffic-router.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { inActivity } from './effect-context.ts';
import { warmActivities } from './kept-warm.ts';
import { objectAt, textAt, textsAt } from './payload.ts';

/** Milliseconds after which a side that stays busy is given up on: its requests are cut when it is retired. */
const BUSY_LIMIT_MS = 60_000;

type RolloutDependencies = Pick<ActivityDependencies, 'traffic' | 'options' | 'keptWarm'> & {
  platform: Platform;
};

/** The steps of a rollout over Platform and TrafficRouter; each reads what is there before it acts and may be repeated. */
export function rolloutActivities(dependencies: RolloutDependencies): RolloutActivities {
  const { platform, traffic, options } = dependencies;
  const interval = options?.observeIntervalMs ?? 100;
  const unknownDrainMs = options?.drainTimeMs ?? 5_000;
  /** While users stay on the primary, tests have to call the canary itself. */
  const canaryAddress = async (scope: ServiceRef): Promise<{ deploymentURIsLocal?: string[] }> => {
    const canary = (await platform.endpoints(scope))?.canary;
    return canary === undefined ? {} : { deploymentURIsLocal: [canary] };
  };
  return {
    ...warmActivities(dependencies),
    deploy: (request) =>
      inActivity(async (context) => {
        const { data } = request.triggered;
        const strategy = deploymentStrategy(data);
        const scope = { project: data.project, stage: data.stage, service: data.service };
        const before = await platform.endpoints(scope);
        const deployed = await platform.deploy(deployRequest(request, strategy), context);
        const addresses =
          objectAt(data, 'deployment')['x-users'] === 'primary' ? await canaryAddress(scope) : {};
        return {
          deployment: { ...deploymentPayload(deployed, data), ...addresses },
          firstDeployment: strategy === 'duplicate' && before?.primary === undefined,
        };
      }),
    shiftTraffic: (request) =>
      inActivity(async (context) => {
        const { primary, canary, ...scope } = request;
        await traffic.setWeights({ ...scope, weights: { primary, canary } }, context);
        context.progress(`weights primary ${primary}, canary ${canary} written`);
        const limit = Date.now() + (options?.observeTimeoutMs ?? 60_000);
        await observed(request, () => traffic.observe(scope), { context, interval, limit });
      }),
    promote: ({ key, ...scope }) =>
      inActivity((context) => platform.promote({ ...scope, idempotencyKey: key }, context)),
    drain: (request) =>
      inActivity(async ({ signal, progress }) => {
        const since = Date.now();
        for (;;) {
          const answer = await traffic.drained(request);
          const limit = answer === 'unknown' ? unknownDrainMs : BUSY_LIMIT_MS;
          if (answer === 'drained' || Date.now() - since >= limit) return;
          progress(`${request.side} is ${answer === 'busy' ? 'still serving' : 'given time to drain'}`);
          await delay(interval, undefined, { signal });
        }
      }),
    retire: (request) => inActivity((context) => platform.retire(request, context)),
    scale: ({ key, ...request }) =>
      inActivity((context) => platform.scale({ ...request, idempotencyKey: key }, context)),
  };
}

/**
 * The strategy of a deployment.triggered event; `blue_green_service` is another name of `duplicate`, and a progressive
 * rollout (`canary`) has the same two sides.
 * Throws PlatformTerminalError in Keptn's words for anything else (helm-service 0.18).
 */
export function deploymentStrategy(data: EventData): DeploymentStrategy {
  const strategy = textAt(objectAt(data, 'deployment'), 'deploymentstrategy');
  switch (strategy) {
    case 'direct':
    case 'duplicate':
    case 'user_managed':
      return strategy;
    case 'blue_green_service':
    case 'canary':
      return 'duplicate';
    default:
      throw new PlatformTerminalError(
        `The deployment strategy ${strategy} is invalid: set deploymentstrategy of the task deployment in ` +
          'shipyard.yaml to direct, blue_green_service, canary or user_managed',
      );
  }
}

/** What the platform is asked for by a deployment.triggered event. */
export function deployRequest({ triggered }: TaskRequest, strategy: DeploymentStrategy): DeployRequest {
  const { data, id, gitcommitid } = triggered;
  return {
    project: data.project,
    stage: data.stage,
    service: data.service,
    strategy,
    values: objectAt(data, 'configurationChange', 'values'),
    idempotencyKey: id,
    ...(gitcommitid ? { gitCommitId: gitcommitid } : {}),
  };
}

/** `data.deployment`; addresses that the platform does not know fall back to those of the event (helm-service 0.18). */
function deploymentPayload(deployed: Deployment, data: EventData) {
  const asked = objectAt(data, 'deployment');
  const orAsked = (found: string[], key: string) => (found.length > 0 ? found : textsAt(asked, key));
  return {
    deploymentstrategy: deployed.deploymentstrategy,
    deploymentURIsLocal: orAsked(deployed.deploymentURIsLocal, 'deploymentURIsLocal'),
    deploymentURIsPublic: orAsked(deployed.deploymentURIsPublic, 'deploymentURIsPublic'),
    deploymentNames: deployed.deploymentNames,
    ...(deployed.gitCommit === undefined ? {} : { gitCommit: deployed.gitCommit }),
  };
}

interface Patience {
  context: EffectContext;
  /** Milliseconds between two looks. */
  interval: number;
  /** Milliseconds since 1970 at which this attempt gives up. */
  limit: number;
}

async function observed(
  wanted: ShiftRequest,
  observe: () => Promise<Observation>,
  { context, interval, limit }: Patience,
): Promise<void> {
  for (;;) {
    const seen = await observe();
    if (seen.state === 'unrouted') return;
    if (seen.state === 'observed' && seen.weights.canary === wanted.canary) {
      if (seen.weights.primary === wanted.primary) return;
    }
    const now =
      seen.state === 'observed'
        ? `primary ${seen.weights.primary}, canary ${seen.weights.canary}`
        : `unknown (${seen.reason})`;
    if (Date.now() >= limit) {
      throw new TrafficRetryableError(
        `The traffic of ${wanted.service} in stage ${wanted.stage} was set to primary ${wanted.primary}, canary ` +
          `${wanted.canary}, but the data plane has not been seen to apply it: now ${now}`,
      );
    }
    context.progress(`waiting for the data plane: ${now}`);
    await delay(interval, undefined, { signal: context.signal });
  }
}
