import assert from 'node:assert/strict';
import type { KeptnEvent } from '../../src/contracts/events.ts';
import type { Store } from '../../src/store/store.ts';
import { evaluation, event, page, type StoreFixture, state } from './store-fixture.ts';

/** What a store must do with projects and services. */
export function projectsContract(fixture: () => StoreFixture): void {
  describe('projects and services', () => {
    let store: Store;
    let project: string;
    let mine: StoreFixture['mine'];
    beforeEach(() => {
      ({ store, project, mine } = fixture());
    });

    const row = (name: string) => ({
      name,
      creationDate: '1795250162012637922',
      stages: ['qa', 'prod'],
      shipyard: 'kind: Shipyard',
      shipyardVersion: 'spec.keptn.sh/0.2.2',
    });

    it('keeps the order of stages and the creation date', async () => {
      await store.saveProject(row(project));
      await store.saveProject({
        ...row(project),
        creationDate: '1',
        sliProvider: 'prometheus',
        upstreamUrl: 'https://git.example/x',
      });
      assert.deepEqual(await store.project(project), {
        ...row(project),
        sliProvider: 'prometheus',
        upstreamUrl: 'https://git.example/x',
      });
      assert.equal(await store.project(`${project}-none`), undefined);
      assert.ok((await store.projects()).some((found) => found.name === project));
    });

    it('tells the last event of each type and the image of the last deployment that did not fail', async () => {
      await store.saveService({ name: 'svc', project, creationDate: '1' });
      const deploy = async (image: string, result: string): Promise<KeptnEvent> => {
        const triggered = event({
          data: { project, stage: 'qa', service: 'svc', configurationChange: { values: { image } } },
        });
        const finished = mine(
          { type: 'sh.keptn.event.deployment.finished', triggeredid: triggered.id },
          { result },
        );
        await store.appendEvents([triggered]);
        await store.appendEvents([finished]);
        return finished;
      };
      await deploy('x:1', 'pass');
      const last = await deploy('x:2', 'fail');
      const [view] = await store.serviceViews(project);
      assert.equal(view?.deployedImage, 'x:1');
      assert.deepEqual(view?.lastEvents.map((found) => found.type).sort(), [
        'sh.keptn.event.deployment.finished',
        'sh.keptn.event.deployment.triggered',
      ]);
      assert.ok(view?.lastEvents.some((found) => found.eventId === last.id));
      assert.equal((await store.services(project))[0]?.name, 'svc');
      await store.deleteService(project, 'svc');
      assert.deepEqual(await store.services(project), []);
      assert.deepEqual(await store.serviceViews(project), []);
    });

    it('starts clean when a deleted project is made again', async () => {
      await store.saveProject(row(project));
      const trigger = mine();
      await store.appendEvents([trigger], { openFor: [{ eventId: trigger.id, workflowId: 'w' }] });
      await store.saveSequenceState(state({ project }));
      await store.saveEvaluation(evaluation({ project }));
      await store.deleteProject(project);
      assert.equal(await store.project(project), undefined);
      assert.equal((await store.events({ project, ...page })).totalCount, 0);
      assert.deepEqual(await store.openTriggers({ project }), []);
      assert.deepEqual(await store.evaluations({ project, limit: 5 }), []);
      assert.deepEqual(await store.sequenceStates({ project, ...page }), []);
    });
  });
}
