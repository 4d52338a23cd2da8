import { isOpenSlo, parseOpenSlo } from '../../files/openslo.ts';
import type { Problem } from '../../files/problem.ts';
import { type ParsedSlo, parseInheritedSlo } from '../../files/slo.ts';
import { reviewSlo } from '../../files/slo-review.ts';
import type { Slo } from '../../gate/types.ts';
import { ConfigNotFoundError } from '../config/errors.ts';
import type { FileScope, ScopedFiles } from '../config/scoped-files.ts';

const SLO_FILE = 'slo.yaml';
/** More findings than this only fill the event. */
const MAX_PROBLEMS = 20;

/** The gate of a service as its files describe it. */
export interface SloFile {
  /** Null when there is no file, or when `refusal` says why it cannot be used. */
  slo: Slo | null;
  /** Keptn's message for a file that cannot be read, or ours where Keptn had none. */
  refusal?: string;
  /** Everything found in the file, each `file:line:column message`. */
  problems: string[];
  /** The service's file as stored; empty when there is none. */
  content: Uint8Array;
}

/**
 * Reads slo.yaml of the service at the event's commit. The files of stage and project count only when it says
 * `x-inherit: true`; an OpenSLO document may stand in its place. Answers a refusal for a service without a folder.
 */
export async function readSloFile(files: ScopedFiles, scope: FileScope): Promise<SloFile> {
  const nothing = { slo: null, problems: [], content: new Uint8Array() };
  try {
    const found = await files.at(scope, 'service', SLO_FILE);
    if (found === undefined || found.text === '') return nothing;
    const parsed = await parse(found.text, { files, scope });
    return { ...readable(parsed, scope), content: found.resource.content };
  } catch (error) {
    if (!(error instanceof ConfigNotFoundError)) throw error;
    return { ...nothing, refusal: `error retrieving SLO file: ${error.message}` };
  }
}

async function parse(
  service: string,
  { files, scope }: { files: ScopedFiles; scope: FileScope },
): Promise<ParsedSlo> {
  const options = { file: SLO_FILE };
  if (isOpenSlo(service)) return parseOpenSlo(service, options);
  const above = async (level: 'stage' | 'project'): Promise<string | null> =>
    service.includes('x-inherit') ? ((await files.at(scope, level, SLO_FILE))?.text ?? null) : null;
  const levels = { service, stage: await above('stage'), project: await above('project') };
  const parsed = parseInheritedSlo(levels, options);
  return { ...parsed, problems: [...parsed.problems, ...reviewSlo(parsed, SLO_FILE)] };
}

function readable({ slo, sloProblem, problems }: ParsedSlo, scope: FileScope): Omit<SloFile, 'content'> {
  const lines = problemLines(problems);
  if (sloProblem === undefined) return { slo, problems: lines };
  const { project, stage, service } = scope;
  const refusal =
    sloProblem.kind === 'unparsable'
      ? `Could not parse SLO file for service ${service} in stage ${stage} in project ${project}`
      : sloProblem.message;
  return { slo: null, refusal, problems: lines };
}

function problemLines(problems: readonly Problem[]): string[] {
  const lines = problems.slice(0, MAX_PROBLEMS).map((problem) => {
    const { file, line, column, path, message, hint } = problem;
    return `${file}:${line}:${column} ${path === '' ? '' : `${path}: `}${message}${hint ? ` (${hint})` : ''}`;
  });
  const rest = problems.length - lines.length;
  return rest > 0 ? [...lines, `and ${rest} more: run slipway validate`] : lines;
}
