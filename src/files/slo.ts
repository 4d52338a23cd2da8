import type { Comparison, CriteriaSet, Objective, Slo, SloProblem } from '../gate/types.ts';
import type { DocumentPath, Problem } from './problem.ts';
import { formatPath, formatProblem } from './problem.ts';
import { ExtensionReader } from './slo-extensions.ts';
import { composeYaml } from './yaml/compose.ts';
import { isNull, NodeDecoder, YAML_NULL } from './yaml/decoder.ts';
import { nearestNode } from './yaml/locate.ts';
import type { YamlNode } from './yaml/node.ts';
import type { Position } from './yaml/position.ts';

/** A parsed slo.yaml. */
export interface ParsedSlo {
  /** Null when there is no file, or when it cannot be used and `sloProblem` says why. */
  readonly slo: Slo | null;
  readonly sloProblem?: SloProblem;
  readonly problems: Problem[];
  /** Place of each objective in the file's list, where null entries count; absent when there is no slo. */
  readonly objectivePlaces?: readonly number[];
  /** Line and column of a path in the file. */
  locate(path: DocumentPath): Position;
}

/** Where the text came from. */
export interface SloOptions {
  /** Name shown in problems. Default `slo.yaml`. */
  readonly file?: string;
}

const MAX_PROBLEMS = 100;

/**
 * Parses slo.yaml with the defaults and the leniency of Keptn 1.4.5. Null or empty text means that there is
 * no file; blank text is a file without a target score. Never throws: what Keptn refuses is in `problems`.
 */
export function parseSlo(text: string | null, options: SloOptions = {}): ParsedSlo {
  const file = options.file ?? 'slo.yaml';
  if (text === null || text === '')
    return { slo: null, problems: [], locate: () => ({ line: 1, column: 1 }) };
  const { root, problems, position } = composeYaml(text, { file });
  const locate = (path: DocumentPath): Position => position(nearestNode(root, path)?.offset ?? 0);
  if (problems.length > 0) return unusable('unparsable', problems, locate);
  if (root === undefined) return { slo: withDefaults(new SloReader(ignore)), problems, locate };
  const report = (node: YamlNode, path: DocumentPath, message: string, hint?: string): void => {
    if (problems.length >= MAX_PROBLEMS) return;
    const place = { file, ...position(node.offset), path: formatPath(path) };
    problems.push({ severity: 'error', ...place, message, ...(hint === undefined ? {} : { hint }) });
  };
  const reader = new SloReader(report);
  reader.read(root);
  if (problems.length === 0) {
    return { slo: withDefaults(reader), problems, objectivePlaces: reader.objectivePlaces, locate };
  }
  // What Keptn's YAML decoder refuses comes first; where only Keptn itself would crash, the place is named.
  return unusable(reader.crashes === problems.length ? 'unusable' : 'unparsable', problems, locate);
}

function ignore(): void {}

function unusable(kind: SloProblem['kind'], problems: Problem[], locate: ParsedSlo['locate']): ParsedSlo {
  const first = problems[0];
  const message = first === undefined ? 'slo.yaml cannot be used' : formatProblem(first);
  return { slo: null, sloProblem: { kind, message }, problems, locate };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Collects the fields of a slo.yaml as they are written, before Keptn's defaults. */
class SloReader {
  readonly #report: (node: YamlNode, path: DocumentPath, message: string, hint?: string) => void;
  readonly #decoder: NodeDecoder;
  /** Findings that Keptn's YAML decoder does not have: where lighthouse crashes, and in `x-` keys. */
  crashes = 0;
  specVersion = '';
  filter: Record<string, string> = {};
  comparison: Mutable<Comparison> | undefined;
  objectives: Objective[] = [];
  readonly objectivePlaces: number[] = [];
  totalScore = { pass: '', warning: '' };

  constructor(report: (node: YamlNode, path: DocumentPath, message: string, hint?: string) => void) {
    this.#report = report;
    this.#decoder = new NodeDecoder(report);
  }

  read(root: YamlNode): void {
    if (isNull(root)) {
      this.#crash(root, [], 'the file holds only null', 'write the objectives or remove the file');
      return;
    }
    this.#decoder.fields(root, [], {
      spec_version: (node, path) => {
        this.specVersion = this.#text(node, path);
      },
      filter: (node, path) => this.#filter(node, path),
      comparison: (node, path) => this.#comparison(node, path),
      objectives: (node, path) => {
        this.#decoder.list(node, path, (item, itemPath) => this.#objective(item, itemPath));
      },
      total_score: (node, path) => this.#totalScore(node, path),
    });
  }

  #filter(node: YamlNode, path: DocumentPath): void {
    this.#decoder.entries(node, path, (key, value) => {
      if (Object.hasOwn(this.filter, key)) return;
      const text = this.#text(value, [...path, key]);
      Object.defineProperty(this.filter, key, {
        value: text,
        enumerable: true,
        writable: true,
        configurable: true,
      });
    });
  }

  #comparison(node: YamlNode, path: DocumentPath): void {
    const comparison: Mutable<Comparison> = {
      compareWith: '',
      includeResultWithScore: '',
      numberOfComparisonResults: 0,
      aggregateFunction: '',
    };
    const present = this.#decoder.fields(node, path, {
      compare_with: (value, at) => {
        comparison.compareWith = this.#text(value, at);
      },
      include_result_with_score: (value, at) => {
        comparison.includeResultWithScore = this.#text(value, at);
      },
      number_of_comparison_results: (value, at) => {
        comparison.numberOfComparisonResults = this.#integer(value, at);
      },
      aggregate_function: (value, at) => {
        comparison.aggregateFunction = this.#text(value, at);
      },
    });
    if (present) this.comparison = comparison;
  }

  #totalScore(node: YamlNode, path: DocumentPath): void {
    this.#decoder.fields(node, path, {
      pass: (value, at) => {
        this.totalScore.pass = this.#text(value, at);
      },
      warning: (value, at) => {
        this.totalScore.warning = this.#text(value, at);
      },
    });
  }

  #objective(node: YamlNode, path: DocumentPath): void {
    const extension = new ExtensionReader(this.#decoder, (value, at, message, hint) => {
      this.#crash(value, at, message, hint ?? '');
    });
    const objective: Mutable<Objective> = {
      sli: '',
      displayName: '',
      pass: [],
      warning: [],
      weight: 0,
      keySli: false,
    };
    const present = this.#decoder.fields(node, path, {
      sli: (value, at) => {
        objective.sli = this.#text(value, at);
      },
      displayName: (value, at) => {
        objective.displayName = this.#text(value, at);
      },
      pass: (value, at) => {
        objective.pass = this.#criteriaSets(value, at);
      },
      warning: (value, at) => {
        objective.warning = this.#criteriaSets(value, at);
      },
      weight: (value, at) => {
        objective.weight = this.#integer(value, at);
      },
      key_sli: (value, at) => {
        objective.keySli = this.#boolean(value, at);
      },
      ...extension.readers,
    });
    // Keptn drops null entries of the list.
    if (!present) return;
    const extensions =
      Object.keys(extension.extensions).length === 0 ? {} : { extensions: extension.extensions };
    this.objectives.push({
      ...objective,
      weight: objective.weight === 0 ? 1 : objective.weight,
      ...extensions,
    });
    this.objectivePlaces.push(Number(path.at(-1)));
  }

  #criteriaSets(node: YamlNode, path: DocumentPath): CriteriaSet[] {
    const sets: CriteriaSet[] = [];
    this.#decoder.list(node, path, (item, itemPath) => {
      if (isNull(item)) {
        this.#crash(item, itemPath, 'the entry is null', 'write `- criteria: [...]` or remove it');
        return;
      }
      const criteria: string[] = [];
      this.#decoder.fields(item, itemPath, {
        criteria: (list, at) => {
          this.#decoder.list(list, at, (criterion, criterionPath) => {
            const text = this.#decoder.text(criterion, criterionPath);
            if (typeof text === 'string') criteria.push(text);
          });
        },
      });
      sets.push({ criteria });
    });
    return sets;
  }

  #text(node: YamlNode, path: DocumentPath): string {
    const text = this.#decoder.text(node, path);
    return text === undefined || text === YAML_NULL ? '' : text;
  }

  #integer(node: YamlNode, path: DocumentPath): number {
    const value = this.#decoder.integer(node, path);
    return value === undefined || value === YAML_NULL ? 0 : value;
  }

  #boolean(node: YamlNode, path: DocumentPath): boolean {
    return this.#decoder.boolean(node, path) === true;
  }

  #crash(node: YamlNode, path: DocumentPath, message: string, hint: string): void {
    this.crashes++;
    this.#report(node, path, message, hint);
  }
}

/** Keptn's defaults: an absent comparison block differs from one that is there but lacks keys. */
function withDefaults(read: SloReader): Slo {
  return {
    specVersion: read.specVersion,
    filter: read.filter,
    comparison: comparisonWithDefaults(read.comparison),
    objectives: read.objectives,
    totalScore: read.totalScore,
  };
}

function comparisonWithDefaults(comparison: Comparison | undefined): Comparison {
  if (comparison === undefined) {
    return {
      compareWith: 'single_result',
      includeResultWithScore: 'all',
      numberOfComparisonResults: 1,
      aggregateFunction: 'avg',
    };
  }
  return {
    compareWith: comparison.compareWith,
    includeResultWithScore: comparison.includeResultWithScore || 'all',
    numberOfComparisonResults: comparison.numberOfComparisonResults || 3,
    aggregateFunction: comparison.aggregateFunction || 'avg',
  };
}
