import type { DocumentPath, Problem } from '../problem.ts';
import { formatPath } from '../problem.ts';
import { composeYaml, type YamlOptions } from './compose.ts';
import { nearestNode, nodeAt } from './locate.ts';
import type { YamlNode } from './node.ts';
import { resolveAlias } from './node.ts';
import type { Position } from './position.ts';
import { keepLastKeys } from './repeated-keys.ts';
import { toValue } from './value.ts';

/** The first document of a YAML file with its problems and a way back to every place in it. */
export interface YamlDocument {
  /** Plain value; undefined when there is no document or it cannot be read. */
  readonly value: unknown;
  /** The same document as nodes that keep the text of every scalar (`1.0` stays "1.0"). */
  readonly root: YamlNode | undefined;
  readonly problems: Problem[];
  /** Line and column of a path, or of its nearest parent that is written in the file. */
  locate(path: DocumentPath): Position;
  /** Text of the scalar at a path as written, without quotes; undefined when there is none. */
  scalarText(path: DocumentPath): string | undefined;
  /** A problem at a path, ready to be added to a list. */
  problem(path: DocumentPath, message: string, options?: ProblemOptions): Problem;
}

/** What a problem says besides its message. Severity defaults to `error`. */
export interface ProblemOptions {
  readonly severity?: Problem['severity'];
  readonly hint?: string;
}

/** How a file is read that Keptn did not read with Go's yaml.v3. */
export interface ParseOptions extends YamlOptions {
  /** `lastWins`: a key that is defined again is a warning and the last one counts (yaml.v2). Default: an error. */
  readonly repeatedKeys?: 'lastWins';
}

/**
 * Parses the first document of a YAML text (Go's yaml.v3 scalar rules, duplicate keys refused, aliases and
 * depth limited). Never throws for bad input: everything wrong is in `problems`, each with its place.
 */
export function parseYaml(text: string, options: ParseOptions): YamlDocument {
  const composed = composeYaml(text, options);
  const { root } = composed;
  const locate = (path: DocumentPath): Position => composed.position(nearestNode(root, path)?.offset ?? 0);
  const problemAt = (
    position: Position,
    path: DocumentPath,
    message: string,
    extra: ProblemOptions,
  ): Problem => ({
    severity: extra.severity ?? 'error',
    file: options.file,
    ...position,
    path: formatPath(path),
    message,
    ...(extra.hint === undefined ? {} : { hint: extra.hint }),
  });
  const problems = [...composed.problems];
  if (root !== undefined && options.repeatedKeys === 'lastWins') {
    keepLastKeys(root, (offset, path) => {
      if (problems.length >= MAX_PROBLEMS) return;
      const message = `"${path.at(-1)}" is defined again below: this one is ignored`;
      const extra: ProblemOptions = { severity: 'warning', hint: 'keep one of the two' };
      problems.push(problemAt(composed.position(offset), path, message, extra));
    });
  }
  const value =
    root === undefined
      ? undefined
      : toValue(root, (node, path, message, hint) => {
          if (problems.length >= MAX_PROBLEMS) return;
          problems.push(
            problemAt(composed.position(node.offset), path, message, hint === undefined ? {} : { hint }),
          );
        });
  return {
    value,
    root,
    problems,
    locate,
    scalarText(path) {
      const node = nodeAt(root, path);
      const scalar = node === undefined ? undefined : resolveAlias(node);
      return scalar?.kind === 'scalar' ? scalar.text : undefined;
    },
    problem: (path, message, extra = {}) => problemAt(locate(path), path, message, extra),
  };
}

/** A broken file is not worth more lines than this. */
const MAX_PROBLEMS = 100;
