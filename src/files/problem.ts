/** One finding about a file, placed so that an editor can jump to it. Lines and columns count from 1. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Where in the document, for example `objectives[0].pass[1].criteria[0]`; empty for the whole document. */
  readonly path: string;
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** Keys and indexes from the root of a document to one of its values. */
export type DocumentPath = readonly (string | number)[];

/** Writes a document path as text: `['a', 0, 'b c']` becomes `a[0]["b c"]`. */
export function formatPath(path: DocumentPath): string {
  let text = '';
  for (const segment of path) {
    if (typeof segment === 'number') text += `[${segment}]`;
    else if (/^[\w$-]+$/.test(segment)) text += text === '' ? segment : `.${segment}`;
    else text += `[${JSON.stringify(segment)}]`;
  }
  return text;
}

/** Writes a problem on one line: `slo.yaml:3:5: error: objectives[0].weight: …`, followed by its hint. */
export function formatProblem(problem: Problem): string {
  const where = `${problem.file}:${problem.line}:${problem.column}: ${problem.severity}: `;
  const path = problem.path === '' ? '' : `${problem.path}: `;
  const hint = problem.hint === undefined ? '' : ` (${problem.hint})`;
  return `${where}${path}${problem.message}${hint}`;
}

/** True when at least one of the problems makes the file unusable. */
export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === 'error');
}
