import type { ErrorBudgetRule } from '../gate/extensions.ts';
import type { Objective, Slo } from '../gate/types.ts';
import type { DocumentPath, Problem } from './problem.ts';
import { hasErrors } from './problem.ts';
import type { ParsedSlo } from './slo.ts';
import { parseYaml, type YamlDocument } from './yaml/parse.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** True for a text whose first document says that it is OpenSLO. */
export function isOpenSlo(text: string): boolean {
  return /^\s*["']?apiVersion["']?\s*:\s*["']?openslo\//m.test(text);
}

const OPERATORS: Readonly<Record<string, string>> = { lte: '<=', lt: '<', gte: '>=', gt: '>' };

/**
 * Reads an OpenSLO v1 document of kind SLO as a gate. A threshold metric becomes a criterion on the value
 * over the evaluated window, a ratio metric becomes an error budget; all objectives must hold. What a single
 * evaluation cannot express (time slices, composites, several documents) is refused with its place.
 */
export function parseOpenSlo(text: string, options: { readonly file?: string } = {}): ParsedSlo {
  const file = options.file ?? 'openslo.yaml';
  const document = parseYaml(text, { file });
  const reader = new OpenSloReader(document);
  const slo = hasErrors(document.problems) ? null : reader.read(document.value);
  const problems = [...document.problems, ...reader.problems];
  if (slo !== null && !hasErrors(problems)) return { slo, problems, locate: document.locate };
  const first = problems.find(({ severity }) => severity === 'error');
  const place = first === undefined ? file : `${first.file}:${first.line}:${first.column}: ${first.path}`;
  const message = `${place}: ${first?.message ?? 'it holds no document'}`;
  return { slo: null, sloProblem: { kind: 'unusable', message }, problems, locate: document.locate };
}

class OpenSloReader {
  readonly problems: Problem[] = [];
  readonly #document: YamlDocument;

  constructor(document: YamlDocument) {
    this.#document = document;
  }

  read(root: unknown): Slo | null {
    if (!isObject(root))
      return this.#refuse([], 'expected an OpenSLO document', 'start with apiVersion: openslo/v1');
    if (root.apiVersion !== 'openslo/v1')
      return this.#refuse(['apiVersion'], `"${String(root.apiVersion)}" is not supported`, 'use openslo/v1');
    if (root.kind !== 'SLO')
      return this.#refuse(['kind'], `a ${String(root.kind)} cannot be a gate`, 'give a document of kind SLO');
    const spec = isObject(root.spec) ? root.spec : {};
    const method = spec.budgetingMethod ?? 'Occurrences';
    if (method !== 'Occurrences') {
      return this.#refuse(
        ['spec', 'budgetingMethod'],
        `${String(method)} needs a value per time slice, but a gate has one value per window`,
        'use Occurrences',
      );
    }
    const indicator = this.#indicator(root, spec);
    const written = Array.isArray(spec.objectives) ? spec.objectives : [];
    if (written.length === 0) return this.#refuse(['spec', 'objectives'], 'there is no objective', 'add one');
    const objectives = written.map((objective, index) => this.#objective(objective, index, indicator));
    return {
      specVersion: 'openslo/v1',
      filter: {},
      comparison: {
        compareWith: 'single_result',
        includeResultWithScore: 'all',
        numberOfComparisonResults: 1,
        aggregateFunction: 'avg',
      },
      objectives: objectives.flatMap((objective) => objective ?? []),
      totalScore: { pass: '100%', warning: '' },
    };
  }

  /** Name of the SLI and whether it counts bad events; a referenced indicator is taken to count good ones. */
  #indicator(root: JsonObject, spec: JsonObject): Indicator {
    const metadata = isObject(root.metadata) ? root.metadata : {};
    const inline = isObject(spec.indicator) ? spec.indicator : undefined;
    const inlineMetadata = isObject(inline?.metadata) ? inline.metadata : {};
    const name = spec.indicatorRef ?? inlineMetadata.name ?? metadata.name;
    if (typeof name !== 'string' || name === '') {
      this.#refuse(
        ['spec', 'indicator'],
        'the SLI has no name',
        'add indicatorRef or indicator.metadata.name',
      );
    }
    const inlineSpec = isObject(inline?.spec) ? inline.spec : {};
    const ratioMetric = isObject(inlineSpec.ratioMetric) ? inlineSpec.ratioMetric : undefined;
    return {
      name: String(name),
      // A raw ratio says of itself what it counts; good and bad counters give what their name says.
      errors:
        ratioMetric !== undefined && (ratioMetric.bad !== undefined || ratioMetric.rawType === 'failure'),
    };
  }

  #objective(written: unknown, index: number, indicator: Indicator): Objective | null {
    const path: DocumentPath = ['spec', 'objectives', index];
    if (!isObject(written)) return this.#refuse(path, 'expected a mapping', 'write op and value, or target');
    for (const key of [
      'compositeWeight',
      'indicatorRef',
      'indicator',
      'timeSliceTarget',
      'timeSliceWindow',
    ]) {
      if (written[key] !== undefined)
        return this.#refuse(
          [...path, key],
          `${key} cannot be expressed by a gate`,
          'use one SLO per indicator',
        );
    }
    const target = this.#target(written, path);
    const displayName = typeof written.displayName === 'string' ? written.displayName : '';
    const common = { sli: indicator.name, displayName, warning: [], weight: 1, keySli: false };
    if (written.op !== undefined || written.value !== undefined) {
      const criterion = this.#criterion(written, path);
      if (criterion === null) return null;
      if (target !== undefined && target < 1) {
        const message = 'the share of good occurrences is not judged: the value over the whole window is';
        this.#warn(
          [...path, written.target === undefined ? 'targetPercent' : 'target'],
          message,
          'let the SLI query give the percentile that must hold',
        );
      }
      return { ...common, pass: [{ criteria: [criterion] }] };
    }
    if (target === undefined)
      return this.#refuse(
        path,
        'the objective has neither value nor target',
        'write op and value, or target',
      );
    if (target >= 1)
      return this.#refuse(path, 'a target of 100 % leaves no error budget', 'use a lower target');
    const errorBudget: ErrorBudgetRule = {
      target,
      measures: indicator.errors ? 'errors' : 'success',
      maxBurnRate: 1,
      warningBurnRate: null,
    };
    return { ...common, pass: [], extensions: { errorBudget } };
  }

  #criterion(written: JsonObject, path: DocumentPath): string | null {
    const operator = typeof written.op === 'string' ? OPERATORS[written.op] : undefined;
    if (operator === undefined)
      return this.#refuse(
        [...path, 'op'],
        `"${String(written.op)}" is not an operator`,
        'write lte, lt, gte or gt',
      );
    const { value } = written;
    if (typeof value !== 'number' || !Number.isFinite(value))
      return this.#refuse([...path, 'value'], 'expected a number', 'write the threshold');
    if (value < 0)
      return this.#refuse(
        [...path, 'value'],
        'a criterion cannot say a negative threshold',
        'let the SLI query add a constant',
      );
    return `${operator}${value}`;
  }

  #target({ target, targetPercent }: JsonObject, path: DocumentPath): number | undefined {
    const share = typeof targetPercent === 'number' ? targetPercent / 100 : target;
    if (share === undefined) return undefined;
    if (typeof share === 'number' && share > 0 && share <= 1) return share;
    this.#refuse(
      [...path, targetPercent === undefined ? 'target' : 'targetPercent'],
      'expected a share above 0 up to 1 (100 %)',
      'write target: 0.999',
    );
    return undefined;
  }

  #warn(path: DocumentPath, message: string, hint: string): void {
    this.problems.push(this.#document.problem(path, message, { severity: 'warning', hint }));
  }

  #refuse(path: DocumentPath, message: string, hint: string): null {
    this.problems.push(this.#document.problem(path, message, { hint }));
    return null;
  }
}

interface Indicator {
  readonly name: string;
  readonly errors: boolean;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
