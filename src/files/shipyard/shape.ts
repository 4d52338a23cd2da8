import type { z } from 'zod';
import type { DocumentPath, Problem } from '../problem.ts';
import type { YamlDocument } from '../yaml/parse.ts';
import type { ShipyardFile, shipyardSchema } from './schema.ts';

/** What a shape check found; `file` is there when nothing but unknown keys is wrong. */
export interface ShapeCheck {
  file?: ShipyardFile;
  problems: Problem[];
}

/**
 * Compares a document with the schema. Keptn 1.4.5 ignored unknown keys, so they are warnings; extensions, descriptions and
 * what else `metadata` holds are not mentioned.
 */
export function shapeProblems(document: YamlDocument, schema: typeof shipyardSchema): ShapeCheck {
  const value = structuredClone(document.value);
  const problems: Problem[] = [];
  let checked = schema.safeParse(value);
  if (!checked.success) {
    for (const issue of flatten(checked.error.issues)) {
      if (issue.code !== 'unrecognized_keys') continue;
      for (const key of issue.keys) {
        removeKey(value, issue.path, key);
        if (!isNote(issue.path, key)) problems.push(unknownKey(document, [...pathOf(issue.path), key]));
      }
    }
    checked = schema.safeParse(value);
  }
  if (checked.success) return { file: checked.data, problems };
  const wrong = checked.error.issues.map((issue) =>
    document.problem(pathOf(issue.path), describe(document, issue)),
  );
  return { problems: [...wrong, ...problems] };
}

function describe(document: YamlDocument, issue: z.core.$ZodIssue): string {
  const key = issue.path.at(-1);
  const parent = document.locate(pathOf(issue.path.slice(0, -1)));
  const place = document.locate(pathOf(issue.path));
  const missing = parent.line === place.line && parent.column === place.column && typeof key === 'string';
  return missing && document.scalarText(pathOf(issue.path)) === undefined
    ? `${key} is missing`
    : issue.message;
}

/** Keys that say something to people or to Slipway's extensions, and are no slip. */
function isNote(path: readonly PropertyKey[], key: string): boolean {
  return key.startsWith('x-') || key === 'description' || path[0] === 'metadata';
}

/** What to do about keys of the first drafts of the format, which Keptn 1.4.5 ignored like any other. */
const HINTS: Readonly<Record<string, string>> = {
  triggers:
    'Keptn ignored it too: nothing triggers this sequence; write triggeredOn: [{event: <stage>.<sequence>.finished}]',
};

function unknownKey(document: YamlDocument, path: DocumentPath): Problem {
  const key = String(path.at(-1));
  const hint =
    (Object.hasOwn(HINTS, key) ? HINTS[key] : undefined) ??
    'Keptn ignored it too; correct the spelling, or begin an extension of your own with x-';
  return document.problem(path, `unknown key "${key}" is ignored`, { severity: 'warning', hint });
}

/** The issues inside the branches of a union count as well: an unknown key below `x-concurrency` is one. */
function flatten(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  return issues.flatMap((issue) =>
    issue.code === 'invalid_union'
      ? issue.errors.flatMap((branch) =>
          flatten(branch).map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })),
        )
      : [issue],
  );
}

function pathOf(path: readonly PropertyKey[]): (string | number)[] {
  return path.map((segment) => (typeof segment === 'number' ? segment : String(segment)));
}

function removeKey(root: unknown, path: readonly PropertyKey[], key: string): void {
  let target: unknown = root;
  for (const segment of path) target = at(target, segment);
  if (typeof target === 'object' && target !== null) Reflect.deleteProperty(target, key);
}

function at(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? Reflect.get(value, key)
    : undefined;
}
