import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { KeptnEvent } from '../../src/contracts/events.ts';
import type { Store } from '../../src/store/store.ts';
import { evaluationsContract } from './store-evaluations.ts';
import { eventsContract } from './store-events.ts';
import { event, type StoreFixture } from './store-fixture.ts';
import { integrationsContract } from './store-integrations.ts';
import { projectsContract } from './store-projects.ts';
import { sequencesContract } from './store-sequences.ts';
import { triggersContract } from './store-triggers.ts';

/** What every store must do; `open` answers one with an empty database and a key for secrets. */
export function storeContract(open: () => Promise<Store>): void {
  let store: Store;
  let project: string;
  before(async function () {
    this.timeout(120_000);
    store = await open();
  });
  beforeEach(() => {
    project = `p${randomUUID().slice(0, 8)}`;
  });
  after(async () => {
    await store?.close();
  });
  const mine = (changes: Partial<KeptnEvent> = {}, data: { [key: string]: string } = {}): KeptnEvent =>
    event({ ...changes, data: { project, stage: 'qa', service: 'svc', ...data } });
  const fixture = (): StoreFixture => ({ store, project, mine });

  eventsContract(fixture);
  triggersContract(fixture);
  sequencesContract(fixture);
  evaluationsContract(fixture);
  projectsContract(fixture);
  integrationsContract(fixture);

  it('counts events per service and type', async () => {
    await store.appendEvents([mine(), mine(), mine({ time: '2020-01-01T00:00:00.000Z' })]);
    const counts = (await store.eventCounts({ fromTime: '2025-01-01T00:00:00Z' })).filter(
      (one) => one.project === project,
    );
    assert.deepEqual(counts, [
      {
        project,
        service: 'svc',
        type: 'sh.keptn.event.deployment.triggered',
        source: 'shipyard-controller',
        count: 2,
      },
    ]);
    await store.ping();
  });
}
