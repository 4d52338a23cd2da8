import { sql } from 'drizzle-orm/sql';
import type { Pool } from 'pg';
import { type Database, databaseOver, openPool, unavailable } from './database.ts';
import * as evaluations from './evaluations.ts';
import * as events from './events.ts';
import { migrate } from './migrate.ts';
import * as projects from './projects.ts';
import * as registrations from './registrations.ts';
import * as runViews from './run-views.ts';
import * as secrets from './secrets.ts';
import * as starts from './sequence-starts.ts';
import * as sequences from './sequences.ts';
import type { Store } from './store.ts';
import * as triggers from './triggers.ts';

export interface StoreOptions {
  /** `postgres://user:password@host:port/database`; of Postgres 13 or newer, or of startPglite. */
  url: string;
  /** 32 bytes that encrypt secrets at rest (readSecretKey); without it the secret methods throw SecretKeyError. */
  secretKey?: Uint8Array;
  /** Most connections of this process, default 8. */
  connections?: number;
}

/** Connects, applies the migrations and answers the store; throws StoreUnavailableError when the database does not answer. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const pool = openPool(options.url, options.connections);
  try {
    await migrate(pool);
  } catch (error) {
    await pool.end();
    unavailable(options.url, error);
  }
  return storeOver(databaseOver(pool), pool, options);
}

function storeOver(database: Database, pool: Pool, options: StoreOptions): Store {
  const key = options.secretKey;
  return {
    appendEvents: (list, also) => events.appendEvents(database, list, also),
    events: (query) => events.queryEvents(database, query),
    withdrawEvent: (id) => events.withdrawEvent(database, id),
    undelivered: (limit) => events.undelivered(database, limit),
    markDelivered: (ids) => events.markDelivered(database, ids),
    eventCounts: (query) => events.eventCounts(database, query),
    openTriggers: (query) => triggers.openTriggers(database, query),
    closeTriggers: (ids) => triggers.closeTriggers(database, ids),
    placeStart: (row) => starts.placeStart(database, row),
    sequenceStarts: (query) => starts.sequenceStarts(database, query),
    saveSequenceState: (row) => sequences.saveSequenceState(database, row),
    sequenceStates: (query) => sequences.sequenceStates(database, query),
    sequenceContexts: (query) => runViews.sequenceContexts(database, query),
    stageActivity: (project, contexts) => runViews.stageActivity(database, project, contexts),
    saveEvaluation: (row) => evaluations.saveEvaluation(database, row),
    evaluations: (query) => evaluations.queryEvaluations(database, query),
    invalidate: (triggeredId, reason) => evaluations.invalidate(database, triggeredId, reason),
    saveProject: (row) => projects.saveProject(database, row),
    project: async (name) => (await projects.readProjects(database, name))[0],
    projects: () => projects.readProjects(database),
    deleteProject: (name) => projects.deleteProject(database, name),
    saveService: (row) => projects.saveService(database, row),
    services: (project) => projects.readServices(database, project),
    deleteService: (project, name) => projects.deleteService(database, project, name),
    serviceViews: (project) => projects.serviceViews(database, project),
    saveRegistration: (id, registration) => registrations.saveRegistration(database, id, registration),
    registrations: () => registrations.readRegistrations(database),
    deleteRegistration: (id) => registrations.deleteRegistration(database, id),
    saveSecret: (scope, name, data) => secrets.saveSecret(database, key, { scope, name, data }),
    secret: (scope, name) => secrets.readSecret(database, key, { scope, name }),
    secrets: () => secrets.listSecrets(database),
    deleteSecret: (scope, name) => secrets.deleteSecret(database, scope, name),
    appendLogs: (entries) => registrations.appendLogs(database, entries),
    logs: (query) => registrations.readLogs(database, query),
    ping: async () => {
      await database.execute(sql`select 1`).catch((error: unknown) => unavailable(options.url, error));
    },
    close: () => pool.end(),
  };
}
