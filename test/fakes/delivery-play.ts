import type { FakeEvent, FakeKeptnApi } from './keptn-api.ts';

/** How the played delivery ends. */
export interface Play {
  evaluation: 'pass' | 'warning' | 'fail';
  score?: number;
  /** Lets production wait for an approval; it ends when the decision comes. */
  approval?: boolean;
}

/** Plays the engine: each delivery that is triggered runs through hardening and, unless it fails, production. */
export function playDeliveries(api: FakeKeptnApi, play: Play): void {
  api.onEvent = (event) => {
    if (event.type === 'sh.keptn.event.hardening.delivery.triggered') hardening(api, event, play);
    if (event.type === 'sh.keptn.event.approval.finished') decided(api, event);
  };
}

function hardening(
  api: FakeKeptnApi,
  delivery: FakeEvent,
  { evaluation, score = 100, approval = false }: Play,
): void {
  const { shkeptncontext } = delivery;
  api.states.set(shkeptncontext, 'started');
  task(api, delivery, 'deployment', {});
  const failed = evaluation === 'fail';
  const message = failed ? 'response_time_p95 is too high' : '';
  task(api, delivery, 'evaluation', {
    result: evaluation,
    evaluation: { score, result: evaluation },
    message,
  });
  api.finish(delivery, { result: evaluation, message });
  if (failed) api.states.set(shkeptncontext, 'finished');
  else production(api, delivery, approval);
}

function production(api: FakeKeptnApi, before: FakeEvent, approval: boolean): void {
  const { shkeptncontext } = before;
  const type = 'sh.keptn.event.production.delivery.triggered';
  const delivery = api.emit({ type, shkeptncontext, data: { stage: 'production' } });
  if (!approval) {
    promote(api, delivery);
    return;
  }
  const asked = api.emit({
    type: 'sh.keptn.event.approval.triggered',
    shkeptncontext,
    data: { stage: 'production', approval: { pass: 'manual', warning: 'manual' } },
  });
  api.open.add(asked.id);
  api.emit({
    type: 'sh.keptn.event.approval.started',
    shkeptncontext,
    triggeredid: asked.id,
    data: { stage: 'production', message: "Approval strategy for result 'pass': manual" },
  });
}

function decided(api: FakeKeptnApi, decision: FakeEvent): void {
  const delivery = api.events.findLast(
    (event) =>
      event.type === 'sh.keptn.event.production.delivery.triggered' &&
      event.shkeptncontext === decision.shkeptncontext,
  );
  if (delivery === undefined) return;
  if (decision.data.result === 'pass') {
    promote(api, delivery);
    return;
  }
  api.finish(delivery, { result: 'fail', message: decision.data.message });
  api.states.set(delivery.shkeptncontext, 'finished');
}

function promote(api: FakeKeptnApi, delivery: FakeEvent): void {
  task(api, delivery, 'deployment', {});
  api.finish(delivery, { result: 'pass' });
  api.states.set(delivery.shkeptncontext, 'finished');
}

function task(api: FakeKeptnApi, delivery: FakeEvent, name: string, data: Record<string, unknown>): void {
  const { shkeptncontext } = delivery;
  const { stage } = delivery.data;
  const triggered = api.emit({ type: `sh.keptn.event.${name}.triggered`, shkeptncontext, data: { stage } });
  api.emit({
    type: `sh.keptn.event.${name}.started`,
    shkeptncontext,
    triggeredid: triggered.id,
    data: { stage },
  });
  api.finish(triggered, data);
}
