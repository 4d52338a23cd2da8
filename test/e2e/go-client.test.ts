import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildGoClient } from '../support/go-client.ts';
import { Api, TOKEN } from '../unit/server/api.ts';

type Answers = { [call: string]: unknown };

describe('the client library of Keptn 1.4.5’s command line', function () {
  // The first build on a machine fetches modules; later ones take seconds.
  this.timeout(300_000);
  const directory = mkdtempSync(join(tmpdir(), 'slipway-go-client-'));
  const api = new Api();
  let answers: Answers = {};

  before(async function () {
    const program = buildGoClient(directory);
    if (program === undefined) return this.skip();
    await api.start();
    const child = spawn(program, ['library', `${api.url}/api`, TOKEN], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const text = (await child.stdout.setEncoding('utf8').toArray()).join('');
    answers = JSON.parse(text) as Answers;
  });
  after(async () => {
    await api.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const failure = (call: string): string | undefined => (answers[call] as { error?: string } | null)?.error;

  it('fails in no call but those that are meant to fail, which it gets explained', () => {
    const failed = Object.keys(answers).filter((call) => failure(call) !== undefined);
    assert.deepEqual(Object.fromEntries(failed.map((call) => [call, failure(call)])), {
      authenticateWrong: 'incorrect api key auth',
      createProjectAgain: "could not create project 'tour': project already exists",
      createServiceAgain: 'service already exists',
      servicesOfUnknownStage: 'stage not found',
      resourceGone: 'Resource not found',
      createSecretAgain: 'Unable to create secret: secret already exists',
      pingUnknown: 'integration with id nope not found: register it again',
      sendUnknownType: 'unknown event type',
      evaluationOfUnknownService: 'service not found',
    });
    assert.equal(Object.keys(answers).length, 42);
  });

  it('reads projects, stages and services with their fields', () => {
    const project = answers.project as { projectName: string; creationDate: string; stages: object[] };
    assert.equal(project.projectName, 'tour');
    assert.match(project.creationDate, /^\d{19}$/);
    assert.deepEqual(
      project.stages.map((stage) => (stage as { stageName: string }).stageName),
      ['qa', 'prod'],
    );
    const stages = answers.stages as { stageName: string; services: { serviceName: string }[] }[];
    assert.deepEqual(
      stages.map(({ stageName, services }) => [stageName, services[0]?.serviceName]),
      [
        ['prod', 'svc'],
        ['qa', 'svc'],
      ],
    );
    assert.equal((answers.metadata as { automaticprovisioning: boolean }).automaticprovisioning, true);
  });

  it('reads files back by paths with blanks, slashes and plus signs', () => {
    const { resourceContent, metadata } = answers.resource as {
      resourceContent: string;
      metadata: { version: string };
    };
    assert.equal(resourceContent, 'new');
    assert.match(metadata.version, /^[0-9a-f]{40}$/);
    assert.deepEqual(
      (answers.resources as { resourceURI: string }[]).map(({ resourceURI }) => resourceURI),
      ['a/b c+d.txt', 'metadata.yaml', 'slo.yaml'],
    );
  });

  it('lists secrets without values, and keeps an integration with its subscriptions and log', () => {
    assert.deepEqual(answers.secrets, { secrets: [{ name: 's', scope: 'keptn-default', keys: ['k'] }] });
    assert.equal(answers.registerAgain, true);
    const { subscriptions } = answers.ping as { subscriptions: { id: string; event: string }[] };
    assert.deepEqual(
      subscriptions.map(({ event }) => event),
      ['sh.keptn.event.greeting.triggered', 'sh.keptn.event.nap.triggered'],
    );
    assert.ok(subscriptions.every(({ id }) => id !== ''));
    const { logs, totalCount } = answers.logs as { logs: { message: string }[]; totalCount: number };
    assert.deepEqual([logs[0]?.message, totalCount], ['oops', 1]);
  });

  it('gets the context of what it sends, and finds its event by it', () => {
    const { keptnContext } = answers.sendEvent as { keptnContext: string };
    const [event] = answers.events as { shkeptncontext: string; type: string; source: string }[];
    assert.equal(event?.shkeptncontext, keptnContext);
    assert.equal(event.source, 'go');
    assert.match((answers.evaluation as { keptnContext: string }).keptnContext, /^[0-9a-f-]{36}$/);
    assert.equal(api.runs.controlled.at(0)?.state, 'pause');
  });
});
