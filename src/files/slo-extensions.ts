import type { ErrorBudgetRule, NoDataRule, ObjectiveExtensions } from '../gate/extensions.ts';
import { parseGoFloat } from '../gate/go-float.ts';
import { CANARY_DEFAULTS, type CanaryRule } from '../gate/statistics/canary.ts';
import { parseDuration } from '../sequence/duration.ts';
import type { DocumentPath } from './problem.ts';
import type { FieldReader, NodeDecoder } from './yaml/decoder.ts';
import { resolveAlias, type YamlNode } from './yaml/node.ts';
import type { ReportNode } from './yaml/value.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Readers of the `x-` keys of one objective; unlike Keptn's keys they refuse what they do not know. */
export class ExtensionReader {
  readonly #decoder: NodeDecoder;
  readonly #report: ReportNode;
  /** What was read so far. */
  readonly extensions: Mutable<ObjectiveExtensions> = {};

  constructor(decoder: NodeDecoder, report: ReportNode) {
    this.#decoder = decoder;
    this.#report = report;
  }

  /** The readers by key. */
  get readers(): Readonly<Record<string, FieldReader>> {
    return {
      'x-no-data': (node, path) => this.#noData(node, path),
      'x-compare': (node, path) => this.#compare(node, path),
      'x-error-budget': (node, path) => this.#errorBudget(node, path),
    };
  }

  #noData(node: YamlNode, path: DocumentPath): void {
    const rule: Mutable<NoDataRule> = { policy: 'fail', retrySeconds: 0 };
    const policy: FieldReader = (value, at) => {
      rule.policy = this.#choice(value, at, ['fail', 'warn', 'ignore'] as const) ?? rule.policy;
    };
    if (isScalar(node)) policy(node, path);
    else {
      this.#fields(node, path, {
        policy,
        'retry-for': (value, at) => {
          rule.retrySeconds = this.#seconds(value, at) ?? 0;
        },
      });
    }
    this.extensions.noData = rule;
  }

  #compare(node: YamlNode, path: DocumentPath): void {
    const rule: Mutable<CanaryRule> = { ...CANARY_DEFAULTS };
    const what: FieldReader = (value, at) => void this.#choice(value, at, ['canary'] as const);
    if (isScalar(node)) what(node, path);
    else this.#fields(node, path, { with: what, ...this.#canaryFields(rule) });
    this.extensions.compare = rule;
  }

  #canaryFields(rule: Mutable<CanaryRule>): Record<string, FieldReader> {
    return {
      better: (value, at) => {
        rule.better = this.#choice(value, at, ['lower', 'higher'] as const) ?? rule.better;
      },
      significance: (value, at) => {
        rule.significance = this.#ratio(value, at, { above: 0, below: 1 }) ?? rule.significance;
      },
      tolerance: (value, at) => {
        rule.tolerance = this.#ratio(value, at, { from: 0 }) ?? rule.tolerance;
      },
      'min-samples': (value, at) => {
        rule.minimumSamples = this.#ratio(value, at, { from: 1 }) ?? rule.minimumSamples;
      },
      'warm-up': (value, at) => {
        rule.warmUpSeconds = this.#seconds(value, at) ?? rule.warmUpSeconds;
      },
      'max-spread': (value, at) => {
        rule.maximumSpread = this.#ratio(value, at, { above: 0 }) ?? rule.maximumSpread;
      },
      inconclusive: (value, at) => {
        rule.inconclusive = this.#choice(value, at, ['fail', 'warn'] as const) ?? rule.inconclusive;
      },
    };
  }

  #errorBudget(node: YamlNode, path: DocumentPath): void {
    const rule: Mutable<ErrorBudgetRule> = {
      target: 0,
      measures: 'errors',
      maxBurnRate: 1,
      warningBurnRate: null,
    };
    const target: FieldReader = (value, at) => {
      rule.target = this.#ratio(value, at, { above: 0, below: 1 }) ?? 0;
    };
    if (isScalar(node)) target(node, path);
    else {
      this.#fields(node, path, {
        target,
        measures: (value, at) => {
          rule.measures = this.#choice(value, at, ['errors', 'success'] as const) ?? rule.measures;
        },
        'max-burn-rate': (value, at) => {
          rule.maxBurnRate = this.#ratio(value, at, { from: 0 }) ?? rule.maxBurnRate;
        },
        'warning-burn-rate': (value, at) => {
          rule.warningBurnRate = this.#ratio(value, at, { from: 0 }) ?? null;
        },
      });
      if (rule.target === 0) this.#report(node, path, 'target is missing', 'write target: 99.9%');
    }
    this.extensions.errorBudget = rule;
  }

  #fields(node: YamlNode, path: DocumentPath, readers: Readonly<Record<string, FieldReader>>): void {
    this.#decoder.entries(node, path, (key, value) => {
      const at = [...path, key];
      if (Object.hasOwn(readers, key)) readers[key]?.(value, at);
      else this.#report(value, at, `unknown key "${key}"`, `use one of ${Object.keys(readers).join(', ')}`);
    });
  }

  #choice<T extends string>(node: YamlNode, path: DocumentPath, choices: readonly T[]): T | undefined {
    const text = this.#decoder.text(node, path);
    if (text === undefined) return undefined;
    const chosen = choices.find((choice) => choice === text);
    if (chosen === undefined)
      this.#report(node, path, `"${String(text)}" is unknown`, `write ${choices.join(' or ')}`);
    return chosen;
  }

  #seconds(node: YamlNode, path: DocumentPath): number | undefined {
    const text = this.#decoder.text(node, path);
    const milliseconds = typeof text === 'string' ? parseDuration(text) : undefined;
    if (milliseconds !== undefined && milliseconds >= 0) return milliseconds / 1000;
    this.#report(node, path, 'expected a duration', 'write a duration such as 30s, 5m or 1h30m');
    return undefined;
  }

  /** A number or a percentage within bounds. */
  #ratio(
    node: YamlNode,
    path: DocumentPath,
    bounds: { above?: number; below?: number; from?: number },
  ): number | undefined {
    const text = this.#decoder.text(node, path);
    if (text === undefined) return undefined;
    const number = typeof text === 'string' ? parseRatio(text) : undefined;
    const {
      above = Number.NEGATIVE_INFINITY,
      below = Number.POSITIVE_INFINITY,
      from = Number.NEGATIVE_INFINITY,
    } = bounds;
    if (number !== undefined && number > above && number < below && number >= from) return number;
    const words = Object.entries(bounds).map(([word, bound]) => `${word} ${bound}`);
    this.#report(
      node,
      path,
      `expected a number or a percentage ${words.join(' and ')}`,
      'write for example 0.05 or 5%',
    );
    return undefined;
  }
}

function parseRatio(text: string): number | undefined {
  if (!text.endsWith('%')) return parseGoFloat(text);
  const percent = parseGoFloat(text.slice(0, -1));
  return percent === undefined ? undefined : percent / 100;
}

function isScalar(node: YamlNode): boolean {
  return resolveAlias(node).kind === 'scalar';
}
