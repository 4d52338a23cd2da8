import type { Json, JsonObject } from './json.ts';
import { copyObject } from './merge.ts';
import { scopeOf } from './payload.ts';
import type { Result, Scope, Shipyard, TriggerTask } from './types.ts';
import { VirtualEngine } from './virtual-engine.ts';
import type { Reply, SentEvent, VirtualRun } from './virtual-run.ts';

/** One event that a responder is scripted to send. */
export interface ScriptedEvent {
  kind: 'started' | 'finished';
  source: string;
  result?: string;
  status?: string;
  /** Laid over project, stage, service, result and status. */
  data?: JsonObject;
  /** Absent: a new id. */
  id?: string;
}

/** What is played when a task is triggered in a stage for the n-th time. */
export interface ScriptedResponse {
  stage: string;
  task: string;
  /** Counts from 1; default 1. */
  occurrence?: number;
  events: ScriptedEvent[];
}

/** One dry run. */
export interface Simulation {
  shipyard: Shipyard;
  trigger: Scope & { sequence: string; data: JsonObject };
  responses: ScriptedResponse[];
  /** What a task without a response answers; absent: nothing, and it stays open. */
  assume?: Result;
}

/** An event that the engine would send. */
export interface SimulatedEvent {
  type: string;
  stage: string;
  data: JsonObject;
  /** `triggeredAfter` as written in the shipyard. */
  delay?: string;
  /** Milliseconds after the trigger, on a clock where tasks take no time. */
  at: number;
  /** Index in `runs` of the run that sends it; absent for a sequence that could not start. */
  run?: number;
}

/** One sequence that ran, or waits. */
export interface SimulatedRun {
  stage: string;
  sequence: string;
  tasks: { name: string; result?: string; status?: string; assumed: boolean }[];
  /** Absent while it waits. */
  result?: string;
  status?: string;
  /** `<stage>.<sequence>` whose end triggered it. */
  triggeredBy?: string;
}

/** What a dry run shows. */
export interface SimulationResult {
  events: SimulatedEvent[];
  runs: SimulatedRun[];
  /** Tasks that nobody answered, or not completely. */
  open: { stage: string; sequence: string; task: string }[];
  /** Scripted responses that were never asked for, and events that came too late. */
  unused: string[];
  /** Follow-ups that were left out, because the shipyard goes round without end. */
  stopped: string[];
}

const CONTEXT = 'simulation';

/**
 * Plays one trigger through a shipyard with the rules that the workflows use, without doing anything: which
 * tasks are triggered in which order, what each receives, and which sequences follow.
 */
export function simulate(simulation: Simulation): SimulationResult {
  const script = new Script(simulation);
  const engine = new VirtualEngine(simulation.shipyard, { respond: (task, run) => script.answer(task, run) });
  engine.trigger({ ...simulation.trigger, keptnContext: CONTEXT });
  engine.runToEnd();
  return {
    events: engine.sent.map((event) => describeEvent(event, engine.runs)),
    runs: engine.runs.map((run) => describeRun(run, script)),
    open: engine.openTasks().map(({ run, task }) => ({
      stage: run.trigger.stage,
      sequence: run.trigger.sequence,
      task,
    })),
    unused: [...script.unused(), ...engine.ignored],
    stopped: engine.cycles.map(({ reason }) => reason),
  };
}

/** The scripted answers, with how often each task of each stage was triggered. */
class Script {
  readonly #simulation: Simulation;
  readonly #triggered = new Map<string, number>();
  readonly #assumed = new Set<string>();
  readonly #responses = new Map<string, ScriptedResponse>();

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
    for (const response of simulation.responses) {
      const key = keyOf(response.stage, response.task, response.occurrence ?? 1);
      if (!this.#responses.has(key)) this.#responses.set(key, response);
    }
  }

  answer(task: TriggerTask, run: VirtualRun): Reply[] {
    const { stage } = run.trigger;
    const counter = keyOf(stage, task.taskName, 0);
    const occurrence = (this.#triggered.get(counter) ?? 0) + 1;
    this.#triggered.set(counter, occurrence);
    const key = keyOf(stage, task.taskName, occurrence);
    const response = this.#responses.get(key);
    this.#responses.delete(key);
    if (response !== undefined) return response.events.map((event) => reply(event, run.trigger));
    const { assume } = this.#simulation;
    if (assume === undefined) return [];
    this.#assumed.add(task.triggeredId);
    return assumedEvents(task.taskName, assume).map((event) => reply(event, run.trigger));
  }

  isAssumed(triggeredId: string): boolean {
    return this.#assumed.has(triggeredId);
  }

  unused(): string[] {
    return [...this.#responses.values()].map(
      ({ stage, task, occurrence }) =>
        `the response to ${task} in ${stage}${occurrence === undefined ? '' : ` (occurrence ${occurrence})`} was not used`,
    );
  }
}

function keyOf(stage: string, task: string, occurrence: number): string {
  return JSON.stringify([stage, task, occurrence]);
}

function reply({ kind, source, result, status, data, id }: ScriptedEvent, scope: Scope): Reply {
  return {
    kind,
    source,
    data: {
      ...scopeOf(scope),
      ...(result === undefined ? {} : { result }),
      ...(status === undefined ? {} : { status }),
      ...copyObject(data ?? {}),
    },
    ...(id === undefined ? {} : { eventId: id }),
  };
}

function assumedEvents(task: string, result: Result): ScriptedEvent[] {
  const source = 'assumed';
  const block: Json = { result };
  const data: JsonObject = task === 'evaluation' ? { evaluation: block } : {};
  return [
    { kind: 'started', source },
    { kind: 'finished', source, result, status: 'succeeded', data },
  ];
}

function describeEvent(
  { type, stage, data, delay, at, runId }: SentEvent,
  runs: readonly VirtualRun[],
): SimulatedEvent {
  const run = runs.findIndex((candidate) => candidate.runId === runId);
  return {
    type,
    stage,
    data,
    ...(delay === undefined ? {} : { delay }),
    at,
    ...(run < 0 ? {} : { run }),
  };
}

function describeRun(run: VirtualRun, script: Script): SimulatedRun {
  const { state, trigger, parent } = run;
  const done = state.completed.map(({ name, result, status, triggeredId }) => ({
    name,
    result,
    status,
    assumed: script.isAssumed(triggeredId),
  }));
  return {
    stage: trigger.stage,
    sequence: trigger.sequence,
    tasks: state.task === undefined ? done : [...done, { name: state.task.name, assumed: false }],
    ...(state.end === undefined ? {} : { result: state.end.result, status: state.end.status }),
    ...(parent === undefined ? {} : { triggeredBy: `${parent.trigger.stage}.${parent.trigger.sequence}` }),
  };
}
