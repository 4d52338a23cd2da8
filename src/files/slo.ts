import type { Slo, SloProblem } from '../gate/types.ts';
import type { DocumentPath, Problem } from './problem.ts';
import { formatPath, formatProblem } from './problem.ts';
import { SloReader } from './slo-reader.ts';
import { EMPTY_SLO, overlay, type WrittenSlo, withDefaults } from './slo-written.ts';
import { composeYaml } from './yaml/compose.ts';
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
  const { written, ...parsed } = readSlo(text, options.file ?? 'slo.yaml');
  return { slo: written === null ? null : withDefaults(written), ...parsed };
}

/** The texts of slo.yaml at the three levels; null or empty where there is none. */
export interface SloLevels {
  readonly project: string | null;
  readonly stage: string | null;
  readonly service: string | null;
}

/**
 * Parses the slo.yaml of a service. When it says `x-inherit: true`, what it does not say comes from the
 * stage's and then from the project's file; without that key the others are not looked at, as in Keptn.
 */
export function parseInheritedSlo(levels: SloLevels, options: SloOptions = {}): ParsedSlo {
  const name = options.file ?? 'slo.yaml';
  const service = readSlo(levels.service, name);
  if (service.written?.inherit !== true) return parseSlo(levels.service, options);
  const stage = readSlo(levels.stage, `stage/${name}`);
  const project = readSlo(levels.project, `project/${name}`);
  const problems = [...project.problems, ...stage.problems, ...service.problems];
  const broken = [project, stage].find(({ sloProblem }) => sloProblem !== undefined)?.sloProblem;
  if (broken !== undefined)
    return { slo: null, sloProblem: { ...broken, kind: 'unusable' }, problems, locate: service.locate };
  const written = overlay(overlay(project.written ?? EMPTY_SLO, stage.written ?? EMPTY_SLO), service.written);
  return { slo: withDefaults(written), problems, locate: service.locate };
}

type ReadSlo = Omit<ParsedSlo, 'slo'> & { readonly written: WrittenSlo | null };

function readSlo(text: string | null, file: string): ReadSlo {
  if (text === null || text === '')
    return { written: null, problems: [], locate: () => ({ line: 1, column: 1 }) };
  const { root, problems, position } = composeYaml(text, { file });
  const locate = (path: DocumentPath): Position => position(nearestNode(root, path)?.offset ?? 0);
  if (problems.length > 0) return unusable('unparsable', problems, locate);
  if (root === undefined) return { written: EMPTY_SLO, problems, locate };
  const reader = new SloReader((node: YamlNode, path: DocumentPath, message: string, hint?: string): void => {
    if (problems.length >= MAX_PROBLEMS) return;
    const place = { file, ...position(node.offset), path: formatPath(path) };
    problems.push({ severity: 'error', ...place, message, ...(hint === undefined ? {} : { hint }) });
  });
  const written = reader.read(root);
  if (problems.length === 0) return { written, problems, objectivePlaces: reader.objectivePlaces, locate };
  // What Keptn's YAML decoder refuses comes first; where only Keptn itself would crash, the place is named.
  return unusable(reader.ownFindings >= problems.length ? 'unusable' : 'unparsable', problems, locate);
}

function unusable(kind: SloProblem['kind'], problems: Problem[], locate: ParsedSlo['locate']): ReadSlo {
  const first = problems[0];
  const message = first === undefined ? 'slo.yaml cannot be used' : formatProblem(first);
  return { written: null, sloProblem: { kind, message }, problems, locate };
}
