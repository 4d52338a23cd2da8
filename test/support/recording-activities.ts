import type {
  Activities,
  BeginTaskRequest,
  Executor,
  FinishSequenceRequest,
  RecordRequest,
} from '../../src/contracts/activities.ts';
import type { KeptnEvent } from '../../src/contracts/events.ts';

/** Activities that only remember what they were asked, for tests of the workflows themselves. */
export class RecordingActivities {
  readonly events: KeptnEvent[] = [];
  readonly calls: string[] = [];
  readonly states: string[] = [];
  readonly open = new Map<string, KeptnEvent>();
  /** Workflow that waits for the answer to an open event. */
  readonly openedBy = new Map<string, string>();
  readonly followUps: KeptnEvent[] = [];
  executor: (request: BeginTaskRequest) => Executor = () => ({ kind: 'builtin' });
  score = 100;

  /** The activities as a worker takes them; `overrides` replace single ones. */
  all(overrides: Partial<Activities> = {}): Activities {
    const done = { status: 'succeeded', result: 'pass', message: 'done', data: {} } as const;
    const step = (name: string) => async (request: object) => {
      this.calls.push(`${name} ${weights(request)}`.trim());
    };
    return {
      beginTask: async (request) => this.#begin(request),
      recordEvents: async (request) => this.#record(request),
      finishSequence: async (request) => this.#finish(request),
      deploy: async () => {
        this.calls.push('deploy');
        const deployment = { deploymentstrategy: 'duplicate', deploymentURIsLocal: ['http://carts'] };
        return { deployment, firstDeployment: false };
      },
      shiftTraffic: step('shiftTraffic'),
      promote: step('promote'),
      drain: step('drain'),
      retire: step('retire'),
      users: async () => ({ onCanary: 0, primaryReady: true }),
      endWarm: async () => 'nothing',
      scale: async () => 2,
      prepareEvaluation: async ({ project, stage, service }) => ({
        outcome: 'finished',
        finished: { project, stage, service, status: 'succeeded', result: 'pass', message: 'no slo' },
      }),
      fetchSlis: async ({ start, end }) => ({
        status: 'succeeded',
        result: 'pass',
        message: '',
        start,
        end,
        values: [],
      }),
      fetchSamples: async () => ({ samples: {}, problems: [] }),
      saveEvaluation: async ({ events = [], finished }) => {
        for (const event of [...events, finished]) this.#add(event);
      },
      runTest: async () => {
        this.calls.push('test');
        return {
          ...done,
          data: { test: { start: '2026-01-01T00:00:00.000Z', end: '2026-01-01T00:01:00.000Z' } },
        };
      },
      getAction: async () => done,
      runJobs: async () => done,
      runWebhook: async () => done,
      ...overrides,
    };
  }

  types(): string[] {
    return this.events.map((event) => event.type.replace('sh.keptn.event.', ''));
  }

  #begin(request: BeginTaskRequest): Executor {
    this.#record(request);
    this.#add(request.triggered);
    const executor = this.executor(request);
    const isOpen = executor.kind === 'responders' || request.open?.includes(request.triggered.id);
    if (isOpen) this.open.set(request.triggered.id, request.triggered);
    if (executor.kind !== 'responders') this.#add(request.started);
    return executor;
  }

  #record(request: RecordRequest): void {
    for (const event of request.events) {
      this.#add(event);
      if (!request.open?.includes(event.id)) continue;
      this.open.set(event.id, event);
      this.openedBy.set(event.id, request.run.workflowId);
    }
    for (const id of request.close ?? []) this.open.delete(id);
    if (request.state !== undefined) this.states.push(request.state.state);
  }

  #finish(request: FinishSequenceRequest): void {
    this.#record(request);
    this.followUps.push(...request.followUps);
  }

  #add(event: KeptnEvent): void {
    if (!this.events.some((known) => known.id === event.id)) this.events.push(event);
  }
}

function weights(request: object): string {
  const { primary, canary } = request as { primary?: number; canary?: number };
  return primary === undefined ? '' : `${primary}/${canary}`;
}
