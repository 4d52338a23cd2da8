import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import pino from 'pino';
import { GitConfigRepo } from '../../../src/activities/config/git-config-repo.ts';
import type { ActiveRun, ActiveRunsQuery } from '../../../src/client/active-runs.ts';
import type { Rerun, RerunRequest } from '../../../src/client/rerun.ts';
import type { RollbackRequest, StartedRollback } from '../../../src/client/rollback.ts';
import type { KeptnEvent } from '../../../src/contracts/events.ts';
import type { DeploymentPreview, PreviewRequest } from '../../../src/contracts/preview.ts';
import type { UndeploymentInput } from '../../../src/contracts/undeployment.ts';
import { createServer, type ServerOptions } from '../../../src/server/create-server.ts';
import { gitCredentialsFrom } from '../../../src/server/git-credentials.ts';
import {
  type ClosedProblem,
  type ControlRequest,
  type Runs,
  RunsUnavailableError,
  SequenceNotStartableError,
} from '../../../src/server/runs.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { startPglite } from '../../../src/store/pglite.ts';
import type { OpenTrigger, Store } from '../../../src/store/store.ts';

export const TOKEN = 'test-token';

export const SHIPYARD = `apiVersion: "spec.keptn.sh/0.2.2"
kind: "Shipyard"
metadata:
  name: "shipyard-tour"
spec:
  stages:
    - name: "qa"
      sequences:
        - name: "delivery"
          tasks:
            - name: "deployment"
            - name: "approval"
    - name: "production"
      sequences:
        - name: "delivery"
          triggeredOn:
            - event: "qa.delivery.finished"
          tasks:
            - name: "deployment"
        - name: "remediation"
          tasks:
            - name: "get-action"
`;

/** An engine that only remembers what it was asked; `down` makes it unreachable. */
export class RecordedRuns implements Runs {
  down = false;
  readonly triggered: KeptnEvent[] = [];
  readonly answered: { event: KeptnEvent; open: OpenTrigger }[] = [];
  readonly controlled: ControlRequest[] = [];
  readonly closed: ClosedProblem[] = [];
  readonly activeRuns: ActiveRun[] = [];
  readonly rerunRequests: RerunRequest[] = [];
  readonly previewed: PreviewRequest[] = [];
  readonly rollbacks: RollbackRequest[] = [];
  readonly undeployed: UndeploymentInput[] = [];

  async preview(requests: readonly PreviewRequest[]): Promise<DeploymentPreview[]> {
    this.#reach();
    this.previewed.push(...requests);
    return requests.map(({ triggered: { data } }) => {
      const { project, stage, service } = data;
      const wanted = String((data.configurationChange as { values?: { image?: string } })?.values?.image);
      return { project, stage, service, executor: 'builtin', versions: { wanted }, changes: [], omitted: 0 };
    });
  }

  async trigger(event: KeptnEvent): Promise<void> {
    this.#reach();
    if (event.type.includes('.nope.')) {
      throw new SequenceNotStartableError(
        `Unable to start sequence nope: no task sequence with name nope found in stage ${event.data.stage}`,
      );
    }
    this.triggered.push(event);
  }

  async taskEvent(event: KeptnEvent, open: OpenTrigger): Promise<void> {
    this.#reach();
    this.answered.push({ event, open });
  }

  async control(request: ControlRequest): Promise<void> {
    this.#reach();
    this.controlled.push(request);
  }

  async rerun(request: RerunRequest): Promise<Rerun> {
    this.#reach();
    this.rerunRequests.push(request);
    const { keptnContext, stage = 'qa', from = 'deployment' } = request;
    return { keptnContext, stage, sequence: 'delivery', from };
  }

  async rollback(request: RollbackRequest): Promise<StartedRollback> {
    this.#reach();
    this.rollbacks.push(request);
    return { keptnContext: 'new', stage: request.stage, sequence: 'rollback', releaseContext: 'old' };
  }

  async undeploy(deleted: UndeploymentInput): Promise<void> {
    this.#reach();
    this.undeployed.push(deleted);
  }

  async active(query: ActiveRunsQuery): Promise<ActiveRun[]> {
    this.#reach();
    return this.activeRuns.filter(
      (run) =>
        run.project === query.project &&
        (query.keptnContext === undefined || run.keptnContext === query.keptnContext),
    );
  }

  async problemClosed(problem: ClosedProblem): Promise<void> {
    this.#reach();
    this.closed.push(problem);
  }

  #reach(): void {
    if (this.down) throw new RunsUnavailableError('Temporal at 127.0.0.1:7233 does not answer. Start it.');
  }
}

export interface Answer {
  status: number;
  text: string;
  json: { [key: string]: unknown };
  headers: Headers;
}

/** A server on a real port with its own database and Git folder. */
export class Api {
  readonly runs = new RecordedRuns();
  now: () => Date = () => new Date();
  url = '';
  store!: Store;
  config!: GitConfigRepo;
  #stop: (() => Promise<void>)[] = [];

  async start(options: Pick<ServerOptions, 'automaticProvisioning' | 'webUi'> = {}): Promise<void> {
    const directory = mkdtempSync(join(tmpdir(), 'slipway-api-'));
    this.#stop.unshift(async () => rmSync(directory, { recursive: true, force: true }));
    const database = await startPglite({});
    this.#stop.unshift(database.stop);
    this.store = await openStore({ url: database.url, secretKey: randomBytes(32) });
    this.#stop.unshift(() => this.store.close());
    this.config = new GitConfigRepo({
      directory: join(directory, 'git'),
      credentials: gitCredentialsFrom(this.store),
      allowFileUpstream: true,
    });
    const app: FastifyInstance = createServer({
      store: this.store,
      config: this.config,
      runs: this.runs,
      token: TOKEN,
      ...options,
      logger: pino({ level: 'silent' }),
      now: () => this.now(),
    });
    this.#stop.unshift(() => app.close());
    this.url = await app.listen({ port: 0, host: '127.0.0.1' });
  }

  async stop(): Promise<void> {
    for (const stop of this.#stop) await stop();
  }

  /** Sends as Keptn's command line does: the content type is named on every request. */
  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: { [name: string]: string } = {},
  ): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      redirect: 'error',
      headers: { 'content-type': 'application/json', 'x-token': TOKEN, ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return {
      status: response.status,
      text,
      json: isJson ? JSON.parse(text) : {},
      headers: response.headers,
    };
  }

  get(path: string): Promise<Answer> {
    return this.send('GET', `/api${path}`);
  }

  post(path: string, body?: unknown): Promise<Answer> {
    return this.send('POST', `/api${path}`, body);
  }

  /** A project with a service, as `keptn create project` and `create service` make it. */
  async project(name: string, service = 'svc'): Promise<void> {
    const made = await this.post('/controlPlane/v1/project', {
      name,
      shipyard: Buffer.from(SHIPYARD).toString('base64'),
    });
    assert.equal(made.status, 201, made.text);
    const added = await this.post(`/controlPlane/v1/project/${name}/service`, { serviceName: service });
    assert.equal(added.status, 200, added.text);
  }
}

/** The event of `keptn trigger delivery`. */
export function delivery(
  project: string,
  changes: { [key: string]: unknown } = {},
): { [key: string]: unknown } {
  return {
    type: 'sh.keptn.event.qa.delivery.triggered',
    source: 'https://github.com/keptn/keptn/cli#configuration-change',
    specversion: '1.0',
    id: '0a8be657-63ed-4806-969f-fc04930f4e9c',
    time: '0001-01-01T00:00:00Z',
    data: {
      project,
      stage: 'qa',
      service: 'svc',
      labels: null,
      configurationChange: { values: { image: 'ghcr.io/x/y:1' } },
      deployment: { deploymentURIsLocal: null, deploymentstrategy: '' },
    },
    ...changes,
  };
}
