import type { Problem } from './problem.ts';
import { type DetectMode, detectFormat } from './validate/detect.ts';
import { FORMATS, type FormatModels, type FormatName } from './validate/formats.ts';
import { checkTogether } from './validate/together.ts';
import { composeYaml } from './yaml/compose.ts';

export { FORMAT_NAMES, type FormatName } from './validate/formats.ts';

/** A file to be checked. */
export interface SourceFile {
  /** Path as it is shown in problems, with `/`. */
  file: string;
  text: string;
  /** `named` by the user, or `found` in a directory. */
  mode: DetectMode;
}

/** A file after the check; `model` is undefined when it cannot be used. */
export type CheckedFile = {
  [Name in FormatName]: {
    file: string;
    format: Name;
    model: FormatModels[Name] | undefined;
    problems: Problem[];
    /** Text as read, for the places of findings between files. */
    text: string;
  };
}[FormatName];

/** Outcome of a check. */
export interface Validation {
  /** Files of known formats. */
  checked: CheckedFile[];
  /** All problems by file, line and column; those between files included. */
  problems: Problem[];
  /** Found files of no known format. */
  skipped: string[];
}

/**
 * Checks files one by one, and then what they say about each other. One named file is checked for itself: what else its project
 * has is not known.
 */
export function validateFiles(files: readonly SourceFile[]): Validation {
  const checked: CheckedFile[] = [];
  const problems: Problem[] = [];
  const skipped: string[] = [];
  for (const source of files) {
    const format = detectFormat(source.text, source.file, source.mode);
    if (format !== undefined) checked.push(checkFile(format, source));
    else if (source.mode === 'found') skipped.push(source.file);
    else problems.push(...unknownFormat(source));
  }
  problems.push(...checked.flatMap((file) => file.problems));
  const alone = files.length === 1 && files[0]?.mode === 'named';
  if (!alone) problems.push(...checkTogether(checked));
  return { checked, skipped, problems: problems.sort(byPlace) };
}

function checkFile<Name extends FormatName>(format: Name, { file, text }: SourceFile): CheckedFile {
  const { model, problems } = FORMATS[format].parse(text, file);
  // FORMATS ties each name to its model; TypeScript cannot follow that through a generic name.
  return { file, format, model, problems, text } as CheckedFile;
}

/** A text that is not even YAML is told so: that may be why its format is not known. */
function unknownFormat({ file, text }: SourceFile): Problem[] {
  const { problems } = composeYaml(text, { file });
  if (problems.length > 0) return problems;
  const problem: Problem = {
    severity: 'error',
    file,
    line: 1,
    column: 1,
    path: '',
    message: 'neither the path nor the content belongs to a format that Slipway reads',
    hint: 'shipyard.yaml, slo.yaml, <provider>/sli.yaml, remediation.yaml, job/config.yaml, webhook/webhook.yaml, helm/endpoints.yaml, jmeter/jmeter.conf.yaml, locust/locust.conf.yaml, slipway/process.yaml, OpenSLO',
  };
  return [problem];
}

function byPlace(a: Problem, b: Problem): number {
  return (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column;
}
