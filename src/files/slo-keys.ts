import type { DocumentPath, Problem } from './problem.ts';
import { formatPath } from './problem.ts';
import { composeYaml } from './yaml/compose.ts';
import { resolveAlias, type YamlNode } from './yaml/node.ts';

/** The keys of a mapping and what is below them; `each` stands for the entries of a list. */
interface Shape {
  readonly keys?: Readonly<Record<string, Shape>>;
  readonly each?: Shape;
}

const ANY: Shape = {};
const CRITERIA: Shape = { each: { keys: { criteria: ANY } } };
const SLO: Shape = {
  keys: {
    spec_version: ANY,
    filter: ANY,
    comparison: {
      keys: {
        compare_with: ANY,
        include_result_with_score: ANY,
        number_of_comparison_results: ANY,
        aggregate_function: ANY,
      },
    },
    objectives: {
      each: {
        keys: { sli: ANY, displayName: ANY, pass: CRITERIA, warning: CRITERIA, weight: ANY, key_sli: ANY },
      },
    },
    total_score: { keys: { pass: ANY, warning: ANY } },
  },
};

/** What to do about keys that people write; the others get the list of the known ones. */
const HINTS: Readonly<Record<string, string>> = {
  spec: 'comparison, objectives and total_score stand at the top of the file',
  fail: 'what meets neither pass nor warning fails by itself',
};
const MAX_PROBLEMS = 20;

/** Keys of slo.yaml that have no effect: lighthouse 1.4.5 ignored them in silence, and a misspelt criterion with them. */
export function unknownSloKeys(text: string, file: string): Problem[] {
  const { root, position } = composeYaml(text, { file });
  const problems: Problem[] = [];
  const visit = (node: YamlNode, shape: Shape, path: DocumentPath): void => {
    const target = resolveAlias(node);
    const { keys, each } = shape;
    if (target.kind === 'sequence' && each !== undefined)
      for (const [index, item] of target.items.entries()) visit(item, each, [...path, index]);
    if (target.kind !== 'mapping' || keys === undefined) return;
    for (const { key, value } of target.entries) {
      if (key.kind !== 'scalar' || /^(<<|description|x-.*)$/.test(key.text)) continue;
      const below = Object.hasOwn(keys, key.text) ? keys[key.text] : undefined;
      if (below !== undefined) visit(value, below, [...path, key.text]);
      else if (problems.length < MAX_PROBLEMS) {
        const known = `known here: ${Object.keys(keys).join(', ')}`;
        const hint = (Object.hasOwn(HINTS, key.text) ? HINTS[key.text] : undefined) ?? known;
        const place = { file, ...position(key.offset), path: formatPath([...path, key.text]) };
        problems.push({
          severity: 'warning',
          ...place,
          message: `unknown key "${key.text}" has no effect`,
          hint,
        });
      }
    }
  };
  if (root !== undefined) visit(root, SLO, []);
  return problems;
}
