import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { KEPTN_SPEC_VERSION, type KeptnEvent, sequenceEventType } from '../contracts/events.ts';
import type { QueueScope } from '../contracts/ids.ts';
import type { DefaultTimeouts, SequenceRequest, WarmStatus } from '../contracts/workflows.ts';
import type { Shipyard } from '../sequence/types.ts';
import { RefusedError } from './errors.ts';
import { readWarm } from './kept-warm.ts';
import { temporalAway } from './temporal-away.ts';

/** Sequence and task that a rollback runs, whatever the shipyard calls its own. */
const ROLLBACK = 'rollback';

/** Which service goes back to the version before its last release. */
export interface RollbackRequest extends QueueScope {
  by?: string | undefined;
  reason?: string | undefined;
}

/** The run that goes back. */
export interface StartedRollback {
  keptnContext: string;
  stage: string;
  sequence: string;
  /** Context of the release that is taken back. */
  releaseContext: string;
}

interface RollbackDependencies {
  temporalClient: Client;
  /** Milliseconds that tasks may stay silent. */
  timeouts: DefaultTimeouts;
  /** Of the project; its sequences may follow the rollback. */
  shipyard: Shipyard;
  /** Starts a run at once, whatever holds other sequences back. */
  start(event: KeptnEvent, request: SequenceRequest): Promise<void>;
}

/**
 * Goes back to the old version that the last release keeps warm (`x-keep-warm`): a run of its own, `<stage>.rollback`, which
 * neither waits in the queue nor for a frozen stage or a stopped line. Throws RefusedError when nothing is kept.
 */
export async function rollback(
  { temporalClient, timeouts, shipyard, start }: RollbackDependencies,
  { by, reason, ...scope }: RollbackRequest,
): Promise<StartedRollback> {
  const kept = await whatIsKept(temporalClient, scope);
  if (kept === undefined) {
    throw new RefusedError(
      `no old version of ${scope.service} is kept in stage ${scope.stage}`,
      'deliver the version that you want; a release keeps the old one when its task says x-keep-warm: 30m',
    );
  }
  const why = { ...(by === undefined ? {} : { by }), ...(reason === undefined ? {} : { reason }) };
  const event: KeptnEvent = {
    id: randomUUID(),
    type: sequenceEventType(scope.stage, ROLLBACK, 'triggered'),
    source: 'slipway',
    specversion: '1.0',
    contenttype: 'application/json',
    time: new Date().toISOString(),
    shkeptncontext: randomUUID(),
    shkeptnspecversion: KEPTN_SPEC_VERSION,
    data: { ...scope, 'x-rollback': { of: kept.keptnContext, ...why } },
  };
  await start(event, requestOf(event, { timeouts, shipyard }));
  const { keptnContext: releaseContext } = kept;
  return { keptnContext: event.shkeptncontext, stage: scope.stage, sequence: ROLLBACK, releaseContext };
}

async function whatIsKept(client: Client, scope: QueueScope): Promise<WarmStatus | undefined> {
  try {
    return await readWarm(client, scope);
  } catch (error) {
    throw temporalAway(
      error,
      `Temporal does not tell what is kept of ${scope.service}`,
      'start Temporal and a worker, or correct its address',
    );
  }
}

function requestOf(
  event: KeptnEvent,
  { timeouts, shipyard }: Pick<RollbackDependencies, 'timeouts' | 'shipyard'>,
): SequenceRequest {
  const { project, stage, service } = event.data;
  return {
    input: {
      project,
      stage,
      service,
      sequence: ROLLBACK,
      keptnContext: event.shkeptncontext,
      triggeredId: event.id,
      tasks: [{ name: ROLLBACK, properties: { 'x-executor': 'builtin', 'x-warm': true } }],
      triggerData: event.data,
      // What is kept is owned by its own workflow, so that a delivery in the queue cannot come in between.
      concurrency: { mode: 'parallel', hold: ['delay'] },
    },
    shipyard,
    occurrence: 1,
    defaults: timeouts,
  };
}
