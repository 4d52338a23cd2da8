import type { Comparison, CriteriaSet, Slo } from '../gate/types.ts';
import type { DocumentPath } from './problem.ts';
import { ExtensionReader } from './slo-extensions.ts';
import type { WrittenObjective, WrittenSlo } from './slo-written.ts';
import { type FieldReader, isNull, NodeDecoder, YAML_NULL } from './yaml/decoder.ts';
import type { YamlNode } from './yaml/node.ts';
import type { ReportNode } from './yaml/value.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type MutableObjective = Mutable<WrittenObjective>;

/** Collects the fields of a slo.yaml as they are written, before Keptn's defaults. */
export class SloReader {
  readonly #report: ReportNode;
  readonly #decoder: NodeDecoder;
  /** Findings that Keptn's YAML decoder does not have: where lighthouse crashes, and in `x-` keys. */
  ownFindings = 0;
  /** Place of each objective in the file's list, where null entries count. */
  readonly objectivePlaces: number[] = [];
  readonly #objectives: WrittenObjective[] = [];

  constructor(report: ReportNode) {
    this.#report = report;
    this.#decoder = new NodeDecoder(report);
  }

  read(root: YamlNode): WrittenSlo {
    const filter: Record<string, string> = {};
    const totalScore: Mutable<Partial<Slo['totalScore']>> = {};
    const slo: Mutable<WrittenSlo> = { filter, totalScore, objectives: this.#objectives, inherit: false };
    if (isNull(root)) {
      this.#refuse(root, [], 'the file holds only null', 'write the objectives or remove the file');
      return slo;
    }
    this.#decoder.fields(root, [], {
      spec_version: this.#text((text) => {
        slo.specVersion = text;
      }),
      filter: (node, path) => this.#filter(node, path, filter),
      comparison: (node, path) => this.#comparison(node, path, slo),
      objectives: (node, path) => {
        this.#decoder.list(node, path, (item, itemPath) => this.#objective(item, itemPath));
      },
      total_score: (node, path) => this.#totalScore(node, path, totalScore),
      'x-inherit': (node, path) => this.#inherit(node, path, slo),
    });
    return slo;
  }

  #inherit(node: YamlNode, path: DocumentPath, slo: Mutable<WrittenSlo>): void {
    const value = this.#decoder.boolean(node, path);
    slo.inherit = value === true;
  }

  #filter(node: YamlNode, path: DocumentPath, filter: Record<string, string>): void {
    this.#decoder.entries(node, path, (key, value) => {
      if (Object.hasOwn(filter, key)) return;
      const text = this.#decoder.text(value, [...path, key]);
      const own = {
        value: typeof text === 'string' ? text : '',
        enumerable: true,
        writable: true,
        configurable: true,
      };
      Object.defineProperty(filter, key, own);
    });
  }

  #comparison(node: YamlNode, path: DocumentPath, slo: Mutable<WrittenSlo>): void {
    const comparison: Mutable<Partial<Comparison>> = {};
    const present = this.#decoder.fields(node, path, {
      compare_with: this.#text((text) => {
        comparison.compareWith = text;
      }),
      include_result_with_score: this.#text((text) => {
        comparison.includeResultWithScore = text;
      }),
      number_of_comparison_results: this.#integer((value) => {
        comparison.numberOfComparisonResults = value;
      }),
      aggregate_function: this.#text((text) => {
        comparison.aggregateFunction = text;
      }),
    });
    if (present) slo.comparison = comparison;
  }

  #totalScore(node: YamlNode, path: DocumentPath, totalScore: Mutable<Partial<Slo['totalScore']>>): void {
    this.#decoder.fields(node, path, {
      pass: this.#text((text) => {
        totalScore.pass = text;
      }),
      warning: this.#text((text) => {
        totalScore.warning = text;
      }),
    });
  }

  #objective(node: YamlNode, path: DocumentPath): void {
    const extension = new ExtensionReader(this.#decoder, (value, at, message, hint) => {
      this.#refuse(value, at, message, hint ?? '');
    });
    const objective: MutableObjective = { sli: '', extensions: extension.extensions };
    const present = this.#decoder.fields(node, path, {
      ...this.#objectiveFields(objective),
      ...extension.readers,
    });
    // Keptn drops null entries of the list.
    if (!present) return;
    this.#objectives.push(objective);
    this.objectivePlaces.push(Number(path.at(-1)));
  }

  #objectiveFields(objective: MutableObjective): Record<string, FieldReader> {
    return {
      sli: this.#text((text) => {
        objective.sli = text;
      }),
      displayName: this.#text((text) => {
        objective.displayName = text;
      }),
      pass: (node, path) => {
        objective.pass = this.#criteriaSets(node, path);
      },
      warning: (node, path) => {
        objective.warning = this.#criteriaSets(node, path);
      },
      weight: this.#integer((value) => {
        objective.weight = value;
      }),
      key_sli: (node, path) => {
        const value = this.#decoder.boolean(node, path);
        if (typeof value === 'boolean') objective.keySli = value;
      },
    };
  }

  #criteriaSets(node: YamlNode, path: DocumentPath): CriteriaSet[] {
    const sets: CriteriaSet[] = [];
    this.#decoder.list(node, path, (item, itemPath) => {
      if (isNull(item))
        this.#refuse(item, itemPath, 'the entry is null', 'write `- criteria: [...]` or remove it');
      else sets.push({ criteria: this.#criteria(item, itemPath) });
    });
    return sets;
  }

  #criteria(item: YamlNode, itemPath: DocumentPath): string[] {
    const criteria: string[] = [];
    const each = this.#text((text) => criteria.push(text));
    this.#decoder.fields(item, itemPath, {
      criteria: (list, at) => {
        this.#decoder.list(list, at, each);
      },
    });
    return criteria;
  }

  #text(set: (text: string) => void): FieldReader {
    return (node, path) => {
      const text = this.#decoder.text(node, path);
      if (typeof text === 'string') set(text);
    };
  }

  #integer(set: (value: number) => void): FieldReader {
    return (node, path) => {
      const value = this.#decoder.integer(node, path);
      if (value !== undefined && value !== YAML_NULL) set(value);
    };
  }

  #refuse(node: YamlNode, path: DocumentPath, message: string, hint: string): void {
    this.ownFindings++;
    this.#report(node, path, message, hint);
  }
}
