import type { Shipyard } from '../sequence/types.ts';
import { hasErrors, type Problem } from './problem.ts';
import { cycleProblems } from './shipyard/cycles.ts';
import { ShipyardModel } from './shipyard/model.ts';
import { nameProblems } from './shipyard/names.ts';
import { shipyardSchema } from './shipyard/schema.ts';
import { shapeProblems } from './shipyard/shape.ts';
import { triggerProblems } from './shipyard/triggers.ts';
import { versionProblem } from './shipyard/version.ts';
import { parseYaml } from './yaml/parse.ts';

/** A shipyard that was read: the model when the file can be used, and everything there is to say about it. */
export interface ParsedShipyard {
  shipyard?: Shipyard;
  /** Errors make the file unusable; warnings are what Keptn would have misread or ignored silently. */
  problems: Problem[];
}

/**
 * Reads the text of a shipyard file (Keptn 0.2.0 to 0.2.3 with Slipway's `x-` keys). Never throws for bad
 * input. `file` is the name that the problems show.
 */
export function parseShipyard(text: string, options: { file: string }): ParsedShipyard {
  const parsed = readShipyard(text, options);
  const problems = parsed.problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  return { ...parsed, problems };
}

function readShipyard(text: string, { file }: { file: string }): ParsedShipyard {
  const document = parseYaml(text, { file });
  if (document.value === undefined || hasErrors(document.problems)) {
    const empty = document.problem([], 'the file is empty', {
      hint: 'begin with apiVersion: "spec.keptn.sh/0.2.3"',
    });
    return { problems: document.problems.length > 0 ? document.problems : [empty] };
  }
  const problems = [...document.problems];
  const version = versionProblem(document);
  if (version !== undefined) problems.push(version);
  if (hasErrors(problems)) return { problems };
  const shape = shapeProblems(document, shipyardSchema);
  problems.push(...shape.problems);
  if (shape.file === undefined) return { problems };
  const model = new ShipyardModel(document);
  const shipyard = model.build(shape.file);
  problems.push(...model.problems, ...nameProblems(document, shipyard));
  if (hasErrors(problems)) return { problems };
  problems.push(...triggerProblems(document, shipyard), ...cycleProblems(document, shipyard));
  return { shipyard, problems };
}
