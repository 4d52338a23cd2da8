import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { pino } from 'pino';
import { createReactions } from '../../src/client/reactions.ts';
import { tellingStore } from '../../src/composition/telling-store.ts';
import type { TaskFinished } from '../../src/contracts/activities.ts';
import type { KeptnEvent } from '../../src/contracts/events.ts';
import { reactionWorkflowId } from '../../src/contracts/ids.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { Store } from '../../src/store/store.ts';
import { ActivityWorld, eventOf } from '../support/activity-world.ts';
import { RecordingActivities } from '../support/recording-activities.ts';
import { withWorker } from '../support/temporal.ts';

const JOBS = `apiVersion: v2
actions:
  - name: report
    silent: true
    events: [{ name: sh.keptn.event.deployment.finished }]
    tasks: [{ name: report, image: alpine }]
`;
const WEBHOOKS = `apiVersion: webhookconfig.keptn.sh/v1beta1
kind: WebhookConfig
spec:
  webhooks:
    - { type: sh.keptn.event.*.finished, subscriptionID: a, requests: [{ url: 'http://chat.example/', method: POST }] }
`;
const PASSED: TaskFinished = { status: 'succeeded', result: 'pass', message: '', data: {} };

describe('reactions to events', function () {
  this.timeout(120_000);
  let world: ActivityWorld;
  before(async () => {
    world = await ActivityWorld.open();
    await world.write('job/config.yaml', JOBS);
    await world.write('webhook/webhook.yaml', WEBHOOKS);
  });
  after(() => world.close());

  interface There {
    store: Store;
    calls: string[];
    end(event: KeptnEvent): Promise<unknown>;
  }

  async function reacting(webhook: TaskFinished, body: (there: There) => Promise<void>): Promise<void> {
    const calls: string[] = [];
    const answer = (name: string, finished: TaskFinished) => async (request: { triggered: KeptnEvent }) => {
      calls.push(`${name} ${request.triggered.type} ${request.triggered.id}`);
      return finished;
    };
    const activities = new RecordingActivities().all({
      runJobs: answer('jobs', PASSED),
      runWebhook: answer('webhook', webhook),
    });
    await withWorker(activities, async ({ client, taskQueue }) => {
      const logger = pino({ level: 'silent' });
      const reactions = createReactions({ temporalClient: client, config: world.config, logger, taskQueue });
      const end = (event: KeptnEvent) => client.workflow.getHandle(idOf(event)).result();
      await body({ store: tellingStore(world.store, reactions), calls, end });
    });
  }

  const idOf = ({ id: eventId, shkeptncontext: keptnContext, data }: KeptnEvent): string =>
    reactionWorkflowId({ project: data.project, keptnContext, eventId });
  const finished = (data: JsonObject = {}): KeptnEvent => eventOf('sh.keptn.event.deployment.finished', data);

  it('run the listening jobs and webhooks once for an event, however often it is written', async () => {
    await reacting(PASSED, async ({ store, calls, end }) => {
      const event = finished();
      await Promise.all([store.appendEvents([event]), store.appendEvents([event])]);
      await end(event);
      const unheard = eventOf('sh.keptn.event.deployment.started');
      await store.appendEvents([event, unheard]);
      await assert.rejects(end(unheard), WorkflowNotFoundError);
      assert.deepEqual(calls.sort(), [`jobs ${event.type} ${event.id}`, `webhook ${event.type} ${event.id}`]);
    });
  });

  it('wait for the engine with an event that is still to be handed over to it', async () => {
    await reacting(PASSED, async ({ store, end }) => {
      const event = finished();
      await store.appendEvents([event], { deliver: [event.id] });
      await assert.rejects(end(event), WorkflowNotFoundError);
      await store.appendEvents([event]);
      await end(event);
      await store.markDelivered([event.id]);
    });
  });

  it('leave the triggers of tasks to the run that knows who answers them', async () => {
    await world.write('webhook/webhook.yaml', WEBHOOKS.replace('*.finished', '*.triggered'));
    await reacting(PASSED, async ({ store, calls, end }) => {
      const triggered = eventOf('sh.keptn.event.deployment.triggered', {});
      await store.appendEvents([{ ...triggered, id: randomUUID() }]);
      assert.deepEqual(calls, []);
      const question = eventOf('sh.keptn.event.get-sli.triggered');
      await store.appendEvents([question]);
      await end(question);
      assert.deepEqual(calls, [`webhook ${question.type} ${question.id}`]);
    });
    await world.write('webhook/webhook.yaml', WEBHOOKS);
  });

  it('fail with the words of what they ran, and with nothing else', async () => {
    const refused: TaskFinished = {
      ...PASSED,
      status: 'errored',
      result: 'fail',
      message: 'the chat said 403',
    };
    await reacting(refused, async ({ store, end }) => {
      const event = finished();
      await store.appendEvents([event]);
      await assert.rejects(
        end(event),
        (error: unknown) =>
          error instanceof WorkflowFailedError && error.cause?.message === 'the chat said 403',
      );
    });
  });
});
