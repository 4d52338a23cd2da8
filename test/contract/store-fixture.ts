import { randomUUID } from 'node:crypto';
import type { KeptnEvent } from '../../src/contracts/events.ts';
import type { EvaluationRow, SequenceStateRow, Store } from '../../src/store/store.ts';

/** The store under test, and a project that no other test has. */
export interface StoreFixture {
  store: Store;
  project: string;
  /** An event of that project. */
  mine(changes?: Partial<KeptnEvent>, data?: { [key: string]: string }): KeptnEvent;
}

/** The first page of a list. */
export const page = { limit: 20, offset: 0 };

/** An event of a task that tests may change at will. */
export function event(changes: Partial<KeptnEvent> & { data?: KeptnEvent['data'] } = {}): KeptnEvent {
  return {
    id: randomUUID(),
    type: 'sh.keptn.event.deployment.triggered',
    source: 'shipyard-controller',
    specversion: '1.0',
    contenttype: 'application/json',
    time: '2026-01-01T10:00:00.000Z',
    shkeptncontext: randomUUID(),
    data: { project: 'tour', stage: 'qa', service: 'svc' },
    ...changes,
  };
}

/** An evaluation that passed. */
export function evaluation(changes: Partial<EvaluationRow> = {}): EvaluationRow {
  return {
    id: randomUUID(),
    triggeredId: randomUUID(),
    project: 'tour',
    stage: 'qa',
    service: 'svc',
    keptnContext: randomUUID(),
    time: '2026-01-01T10:00:00.000Z',
    result: 'pass',
    status: 'succeeded',
    score: 87.5,
    labels: {},
    evaluation: { score: 87.5, indicatorResults: [] },
    ...changes,
  };
}

/** The state of a run that has started. */
export function state(changes: Partial<SequenceStateRow> = {}): SequenceStateRow {
  return {
    project: 'tour',
    service: 'svc',
    keptnContext: 'ctx',
    stage: 'qa',
    sequence: 'delivery',
    workflowId: randomUUID(),
    state: 'started',
    time: '2026-01-01T10:00:00.000Z',
    ...changes,
  };
}
