import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request that the fake got. */
export interface SeenRequest {
  method: string;
  /** Path with its escapes, below /api. */
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: unknown;
}

/** A stored event, as loosely as JSON. */
export interface FakeEvent {
  id: string;
  type: string;
  time: string;
  shkeptncontext: string;
  triggeredid?: string;
  source: string;
  data: Record<string, unknown>;
}

const SHIPYARD = `apiVersion: spec.keptn.sh/0.2.3
kind: Shipyard
metadata:
  name: tour
spec:
  stages:
    - name: hardening
      sequences:
        - name: delivery
          tasks:
            - name: deployment
            - name: evaluation
    - name: production
      sequences:
        - name: delivery
          triggeredOn:
            - event: hardening.delivery.finished
          tasks:
            - name: approval
            - name: deployment
`;

/**
 * A small stand-in for the Keptn API, with the paths and shapes of Keptn 1.4.5: one project `tour` with the service
 * `web`. It keeps what it is sent; a test plays the engine with `emit` and `sequenceState`.
 */
export class FakeKeptnApi {
  readonly token = 'fake-token';
  readonly requests: SeenRequest[] = [];
  readonly events: FakeEvent[] = [];
  readonly resources = new Map<string, string>();
  /** Overall state by context. */
  readonly states = new Map<string, string>();
  /** Ids of approval.triggered events that wait. */
  readonly open = new Set<string>();
  /** Called with each event that comes in from outside, after it is stored. */
  onEvent: (event: FakeEvent) => void = () => undefined;
  /** Answers instead of the fake's own answer when it returns something. */
  override: (request: SeenRequest) => { status: number; body: string } | undefined = () => undefined;
  readonly #server: Server;
  #clock = Date.parse('2026-01-31T10:00:00.000Z');

  private constructor() {
    this.#server = createServer((request, response) => void this.#handle(request, response));
  }

  static async start(): Promise<FakeKeptnApi> {
    const api = new FakeKeptnApi();
    await new Promise<void>((resolve) => api.#server.listen(0, '127.0.0.1', resolve));
    return api;
  }

  get endpoint(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/api`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Stores an event of the engine; answers it. */
  emit(event: Partial<FakeEvent> & { type: string; shkeptncontext: string }): FakeEvent {
    this.#clock += 10;
    const { data, ...rest } = event;
    const stored: FakeEvent = {
      id: randomUUID(),
      source: 'shipyard-controller',
      time: new Date(this.#clock).toISOString(),
      ...rest,
      data: { project: 'tour', stage: 'hardening', service: 'web', ...data },
    };
    this.events.push(stored);
    return stored;
  }

  /** Stores what a task or sequence ends with. */
  finish(triggered: FakeEvent, data: Record<string, unknown>): FakeEvent {
    const { shkeptncontext, id: triggeredid, type } = triggered;
    const { project, stage, service } = triggered.data;
    return this.emit({
      type: type.replace(/triggered$/, 'finished'),
      shkeptncontext,
      triggeredid,
      data: { project, stage, service, status: 'succeeded', result: 'pass', message: '', ...data },
    });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = await readRequest(request);
    this.requests.push(seen);
    const answer = this.override(seen) ?? this.#answer(seen);
    response.writeHead(answer.status, { 'content-type': 'application/json; charset=utf-8' }).end(answer.body);
  }

  #answer(request: SeenRequest): { status: number; body: string } {
    if (request.headers['x-token'] !== this.token) return failure(401, 'incorrect api key auth');
    const [area, version, ...rest] = request.path.split('/').filter(Boolean);
    const key = `${request.method} ${area}/${version}`;
    if (key === 'GET v1/metadata') return json({ keptnversion: '1.4.5', automaticprovisioning: true });
    if (key === 'POST v1/event') return this.#postEvent(request.body as FakeEvent);
    if (area === 'mongodb-datastore') return this.#datastore(request);
    if (area === 'resource-service') return this.#resource(request, rest);
    if (area !== 'controlPlane') return failure(404, 'path was not found');
    if (rest[0] === 'event') return this.#listOpen(request);
    if (rest[0] === 'sequence') return this.#sequence(request, rest);
    return this.#project(request, rest);
  }

  #postEvent(body: FakeEvent): { status: number; body: string } {
    const shkeptncontext = body.shkeptncontext ?? randomUUID();
    const event = this.emit({ ...body, id: randomUUID(), time: '', shkeptncontext });
    event.time = new Date(this.#clock).toISOString();
    if (event.triggeredid !== undefined) this.open.delete(event.triggeredid);
    this.onEvent(event);
    return json({ keptnContext: shkeptncontext });
  }

  #datastore({ path, query }: SeenRequest): { status: number; body: string } {
    const wanted: Record<string, string | null> = {
      keptnContext: query.get('keptnContext'),
      type: query.get('type') ?? path.split('/event/type/')[1] ?? null,
      eventID: query.get('eventID'),
    };
    const from = query.get('fromTime') ?? '';
    const found = this.events.filter(
      (event) =>
        (wanted.keptnContext === null || event.shkeptncontext === wanted.keptnContext) &&
        (wanted.type === null || event.type === wanted.type) &&
        (wanted.eventID === null || event.id === wanted.eventID) &&
        event.time > from,
    );
    return this.#page(found.reverse(), query);
  }

  /** Two events on a page, so that every list is read page by page. */
  #page(events: FakeEvent[], query: URLSearchParams): { status: number; body: string } {
    const offset = Number(query.get('nextPageKey') ?? 0);
    const next = offset + 2 < events.length ? String(offset + 2) : '0';
    return json({ events: events.slice(offset, offset + 2), nextPageKey: next, totalCount: events.length });
  }

  #listOpen({ query }: SeenRequest): { status: number; body: string } {
    const stage = query.get('stage');
    const open = this.events.filter(
      (event) => this.open.has(event.id) && (stage === null || event.data.stage === stage),
    );
    return this.#page(open.reverse(), query);
  }

  #sequence({ method, query }: SeenRequest, rest: string[]): { status: number; body: string } {
    if (method === 'POST') return json({});
    const wanted = query.get('keptnContext');
    const states = [...this.states].filter(([context]) => wanted === null || context === wanted);
    return json({
      states: states.map(([shkeptncontext, state]) => ({
        name: 'delivery',
        service: 'web',
        project: rest[1],
        time: '2026-01-31T10:00:00.000Z',
        shkeptncontext,
        state,
        stages: [{ name: 'hardening', state: 'triggered' }],
      })),
      nextPageKey: 0,
      totalCount: states.length,
    });
  }

  #project({ method }: SeenRequest, [, name, kind, , services]: string[]): { status: number; body: string } {
    const stages = ['hardening', 'production'].map((stageName) => ({
      stageName,
      parentStages: [],
      services: [{ serviceName: 'web', creationDate: '1795250163111962265', openRemediations: null }],
    }));
    const project = {
      projectName: 'tour',
      creationDate: '1795250162012637922',
      shipyard: SHIPYARD,
      shipyardVersion: 'spec.keptn.sh/0.2.3',
      stages,
    };
    if (method === 'POST' && name === undefined) return { status: 201, body: '' };
    if (method === 'DELETE') return json({ message: 'deleted' });
    if (name === undefined) return json({ projects: [project], nextPageKey: '0', totalCount: 1 });
    if (name !== 'tour') return failure(404, 'Project not found');
    if (kind === undefined) return json(project);
    if (kind === 'service') return json({ message: '' });
    if (services === undefined) return json({ stages, nextPageKey: '0', totalCount: 2 });
    if (method === 'POST') return this.#evaluation();
    return json({ services: stages[0]?.services, nextPageKey: '0', totalCount: 1 });
  }

  #evaluation(): { status: number; body: string } {
    return json({ keptnContext: '6ef84c8d-2c19-48ee-9d6c-7583ed281841' });
  }

  #resource({ method, body }: SeenRequest, rest: string[]): { status: number; body: string } {
    const at = rest.indexOf('resource');
    const scope = rest.slice(1, at).join('/');
    const uri = rest[at + 1];
    if (method === 'POST') {
      const { resources } = body as { resources: { resourceURI: string; resourceContent?: string }[] };
      for (const { resourceURI, resourceContent = '' } of resources)
        this.resources.set(`${scope}/${resourceURI}`, resourceContent);
      return { status: 201, body: JSON.stringify({ commitID: 'c0ffee', metadata: { version: 'c0ffee' } }) };
    }
    if (uri !== undefined) {
      const resourceURI = decodeURIComponent(uri);
      const resourceContent = this.resources.get(`${scope}/${resourceURI}`);
      if (resourceContent === undefined) return failure(404, 'Resource not found');
      return json({ resourceURI, resourceContent, metadata: { version: 'c0ffee' } });
    }
    const uris = [...this.resources.keys()]
      .filter((key) => key.startsWith(`${scope}/`))
      .map((key) => key.slice(scope.length + 1));
    return json({
      resources: uris.map((resourceURI) => ({ resourceURI })),
      nextPageKey: '0',
      totalCount: uris.length,
    });
  }
}

async function readRequest(request: IncomingMessage): Promise<SeenRequest> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const url = new URL(request.url ?? '/', 'http://fake');
  const text = Buffer.concat(parts).toString('utf8');
  return {
    method: request.method ?? '',
    path: url.pathname.replace(/^\/api/, ''),
    query: url.searchParams,
    headers: request.headers,
    body: text === '' ? undefined : JSON.parse(text),
  };
}

function json(body: unknown): { status: number; body: string } {
  return { status: 200, body: JSON.stringify(body) };
}

function failure(status: number, message: string): { status: number; body: string } {
  return { status, body: JSON.stringify({ code: status, message }) };
}
