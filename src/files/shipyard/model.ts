import { parseDuration } from '../../sequence/duration.ts';
import type { FreezeWindow } from '../../sequence/freeze.ts';
import type { JsonObject } from '../../sequence/json.ts';
import { rolloutProblems } from '../../sequence/rollout-properties.ts';
import type {
  Concurrency,
  ConcurrencyMode,
  HoldDuring,
  SequenceDefinition,
  Shipyard,
  StageDefinition,
  StartLimits,
  TaskDefinition,
  TaskTimeouts,
  TriggeredOn,
} from '../../sequence/types.ts';
import type { DocumentPath, Problem } from '../problem.ts';
import type { YamlDocument } from '../yaml/parse.ts';
import { readFreeze } from './freeze.ts';
import { readJsonObject } from './json-value.ts';
import type { SequenceFile, ShipyardFile, StageFile } from './schema.ts';

const MODES: readonly ConcurrencyMode[] = ['queue', 'parallel', 'replace', 'skip'];
const HOLDS: readonly HoldDuring[] = ['approval', 'pause', 'delay'];

/** Builds the typed model of a shipyard whose shape is right; values that are not usable become problems. */
export class ShipyardModel {
  readonly problems: Problem[] = [];
  readonly #document: YamlDocument;

  constructor(document: YamlDocument) {
    this.#document = document;
  }

  /** The model; only to be used when `problems` has no error. */
  build(file: ShipyardFile): Shipyard {
    const name = this.#text(['metadata', 'name']);
    const numbers = this.#text(['spec', 'x-payload-numbers']);
    if (numbers !== undefined && numbers !== 'keptn' && numbers !== 'newest') {
      this.#error(['spec', 'x-payload-numbers'], `"${numbers}" is neither keptn nor newest`);
    }
    return {
      apiVersion: this.#text(['apiVersion']) ?? '',
      ...(name === undefined ? {} : { name }),
      stages: file.spec.stages.map((stage, index) => this.#stage(stage, ['spec', 'stages', index])),
      ...(numbers === 'newest' ? { payloadNumbers: numbers } : {}),
    };
  }

  #stage(stage: StageFile, path: DocumentPath): StageDefinition {
    const sequences = stage.sequences ?? [];
    const freeze = (stage['x-freeze'] ?? []).flatMap((_, index) =>
      this.#freeze([...path, 'x-freeze', index]),
    );
    return {
      name: this.#text([...path, 'name']) ?? '',
      sequences: sequences.map((sequence, index) => this.#sequence(sequence, [...path, 'sequences', index])),
      ...(freeze.length === 0 ? {} : { freeze }),
    };
  }

  #freeze(path: DocumentPath): FreezeWindow[] {
    const [from, to, timezone, reason] = ['from', 'to', 'timezone', 'reason'].map((key) =>
      this.#text([...path, key]),
    );
    const window = readFreeze({ from, to, timezone, reason });
    if (!('problem' in window)) return [window];
    this.#error(path, window.problem);
    return [];
  }

  #sequence(sequence: SequenceFile, path: DocumentPath): SequenceDefinition {
    const concurrency = this.#concurrency(sequence, [...path, 'x-concurrency']);
    const timeoutMs = this.#duration([...path, 'x-timeout'], 'error');
    const limits = this.#limits(path);
    return {
      name: this.#text([...path, 'name']) ?? '',
      triggeredOn: (sequence.triggeredOn ?? []).map((trigger, index) =>
        this.#trigger(trigger.selector?.match ?? undefined, [...path, 'triggeredOn', index]),
      ),
      tasks: (sequence.tasks ?? []).map((_, index) => this.#task([...path, 'tasks', index])),
      ...(concurrency === undefined ? {} : { concurrency }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(Object.keys(limits).length === 0 ? {} : { limits }),
    };
  }

  #limits(sequence: DocumentPath): StartLimits {
    const cooldownMs = this.#duration([...sequence, 'x-cooldown'], 'error');
    const place = [...sequence, 'x-max-per-hour'];
    const written = this.#text(place);
    const maxPerHour = Number(written);
    if (written !== undefined && !(Number.isSafeInteger(maxPerHour) && maxPerHour > 0)) {
      this.#error(place, `"${written}" is no number of starts: write a whole number above 0`);
    }
    return {
      ...(cooldownMs === undefined ? {} : { cooldownMs }),
      ...(written === undefined ? {} : { maxPerHour }),
    };
  }

  #trigger(match: Record<string, unknown> | undefined, path: DocumentPath): TriggeredOn {
    const event = this.#text([...path, 'event']) ?? '';
    if (match === undefined) return { event };
    const keys = Object.keys(match).filter((key) => key !== '__proto__');
    const read = keys.map((key) => [key, this.#text([...path, 'selector', 'match', key]) ?? '']);
    return { event, match: Object.fromEntries(read) };
  }

  #task(path: DocumentPath): TaskDefinition {
    const triggeredAfter = this.#duration([...path, 'triggeredAfter'], 'warning');
    const written = this.#text([...path, 'triggeredAfter']);
    const properties = this.#properties([...path, 'properties']);
    const timeouts = this.#timeouts([...path, 'properties']);
    const name = this.#text([...path, 'name']) ?? '';
    for (const problem of rolloutProblems(name, properties ?? {})) {
      const { severity = 'error' } = problem;
      const place = [...path, 'properties', ...problem.path];
      this.problems.push(this.#document.problem(place, problem.message, { severity }));
    }
    return {
      name,
      ...(triggeredAfter === undefined || triggeredAfter <= 0 || written === undefined
        ? {}
        : { triggeredAfter, triggeredAfterText: written }),
      ...(properties === undefined ? {} : { properties }),
      ...(Object.keys(timeouts).length === 0 ? {} : { timeouts }),
    };
  }

  /** Taken from the document itself: a schema's copy would lose hostile keys before they can be reported. */
  #properties(path: DocumentPath): JsonObject | undefined {
    const written = this.#value(path);
    if (written === undefined || written === null) return undefined;
    if (typeof written !== 'object' || Array.isArray(written)) {
      const message = 'must be a mapping of keys and values, so it is ignored';
      const hint = 'Keptn ignored it too; write the properties as key: value';
      this.problems.push(this.#document.problem(path, message, { severity: 'warning', hint }));
      return undefined;
    }
    const read = readJsonObject(written, path, this.#document.root);
    for (const problem of read.problems) this.#error(problem.path, problem.message);
    return read.value;
  }

  #timeouts(properties: DocumentPath): TaskTimeouts {
    const startedMs = this.#duration([...properties, 'x-started-timeout'], 'error');
    const finishedMs = this.#duration([...properties, 'x-finished-timeout'], 'error');
    return {
      ...(startedMs === undefined ? {} : { startedMs }),
      ...(finishedMs === undefined ? {} : { finishedMs }),
    };
  }

  #concurrency(sequence: SequenceFile, path: DocumentPath): Concurrency | undefined {
    const written = sequence['x-concurrency'];
    if (written === undefined || written === null) return undefined;
    const isMapping = typeof written === 'object';
    const modeText = this.#text(isMapping ? [...path, 'mode'] : path) ?? 'queue';
    const mode = MODES.find((candidate) => candidate === modeText);
    if (mode === undefined) this.#error(path, `"${modeText}" is none of ${MODES.join(', ')}`);
    const places = isMapping ? written.hold : undefined;
    const hold = places?.map((_, index) => this.#hold([...path, 'hold', index]));
    return { mode: mode ?? 'queue', hold: hold?.filter((place) => place !== undefined) ?? ['delay'] };
  }

  #hold(path: DocumentPath): HoldDuring | undefined {
    const text = this.#text(path) ?? '';
    const hold = HOLDS.find((candidate) => candidate === text);
    if (hold === undefined) this.#error(path, `"${text}" is none of ${HOLDS.join(', ')}`);
    return hold;
  }

  /** Keptn 1.4.5 logged an unreadable triggeredAfter and went on without a delay: a warning, no error. */
  #duration(path: DocumentPath, severity: Problem['severity']): number | undefined {
    const text = this.#text(path);
    if (text === undefined) return undefined;
    const milliseconds = parseDuration(text);
    if (milliseconds !== undefined && milliseconds >= 0) return Math.round(milliseconds);
    const consequence = severity === 'warning' ? ', so there is no delay' : '';
    this.problems.push(
      this.#document.problem(path, `"${text}" is not a duration${consequence}`, {
        severity,
        hint: 'write a number with a unit, such as 90s, 15m or 1h30m',
      }),
    );
    return undefined;
  }

  /** A scalar as written (`1.0` stays "1.0"); a value that comes from a `<<` merge has no text of its own. */
  #text(path: DocumentPath): string | undefined {
    const value = this.#value(path);
    if (typeof value === 'string') return value;
    if (typeof value !== 'number' && typeof value !== 'boolean') return undefined;
    return this.#document.scalarText(path) ?? String(value);
  }

  #value(path: DocumentPath): unknown {
    let value: unknown = this.#document.value;
    for (const key of path) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
      value = Reflect.get(value, key);
    }
    return value;
  }

  #error(path: DocumentPath, message: string): void {
    this.problems.push(this.#document.problem(path, message));
  }
}
