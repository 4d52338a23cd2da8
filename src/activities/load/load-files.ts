import { findWorkload, type LoadFile, type LoadWorkload, parseLoad } from '../../files/load.ts';
import { findLocustWorkload, type LocustWorkload, parseLocust } from '../../files/locust.ts';
import type { ParsedFile } from '../../files/parsed-file.ts';
import { formatProblem, hasErrors } from '../../files/problem.ts';
import type { ConfigRepo } from '../config/config-repo.ts';
import { ConfigNotFoundError } from '../config/errors.ts';
import { type FileScope, type FoundFile, ScopedFiles } from '../config/scoped-files.ts';
import type { RunRequest } from '../runner/runner.ts';
import { LoadTerminalError } from './errors.ts';
import type { LoadRequest } from './load-tool.ts';

const JMETER_FILE = 'jmeter/jmeter.conf.yaml';
const LOCUST_FILE = 'locust/locust.conf.yaml';
/** What locust-service ran when no file says otherwise. */
const DEFAULT_LOCUST: LocustWorkload = { teststrategy: '', script: 'locust/locustfile.py', conf: '' };

/** What the project says about a test with Locust. */
export type LocustPlan = 'no files' | 'no workload' | LocustWorkload;

/** The load files of a project, each looked up on service, stage, then project level. Throws LoadTerminalError for broken ones. */
export class LoadFiles {
  readonly #config: ConfigRepo;

  constructor(config: ConfigRepo) {
    this.#config = config;
  }

  /** The workload of the strategy in jmeter.conf.yaml, else jmeter-service's default; throws when neither has one. */
  async jmeterWorkload(request: LoadRequest): Promise<LoadWorkload> {
    const file = await this.#read<LoadFile>(request, JMETER_FILE, parseLoad);
    const workload = findWorkload(file, request.strategy);
    if (workload !== undefined) return { ...workload, script: workload.script.replace(/^\.?\/+/, '') };
    throw new LoadTerminalError(
      `No workload for the test strategy ${request.strategy}: ${JMETER_FILE} of ${request.service} in stage ${request.stage} has ` +
        `${file?.workloads.map(({ teststrategy }) => teststrategy).join(', ') || 'none'}, and there is no default; add one`,
    );
  }

  async hasJmeterFile(request: LoadRequest): Promise<boolean> {
    return (await this.#lowest(scopeOf(request), JMETER_FILE)) !== undefined;
  }

  async locustPlan(request: LoadRequest): Promise<LocustPlan> {
    const file = await this.#read(request, LOCUST_FILE, parseLocust);
    if (file !== undefined) return findLocustWorkload(file, request.strategy) ?? 'no workload';
    return (await this.has(request, DEFAULT_LOCUST.script)) ? DEFAULT_LOCUST : 'no files';
  }

  async has(request: LoadRequest, path: string): Promise<boolean> {
    return path !== '' && (await this.#lowest(scopeOf(request), path)) !== undefined;
  }

  /** The file on the most particular level that has it, or none. */
  async one(request: LoadRequest, path: string): Promise<RunRequest['files']> {
    const found = await this.#lowest(scopeOf(request), path);
    return found === undefined ? [] : [{ path, content: found.resource.content }];
  }

  /** The files below a folder on all three levels; the most particular one of a path counts. */
  async folder(request: LoadRequest, folder: string): Promise<RunRequest['files']> {
    const { project, stage, service, gitCommitId } = request;
    const scopes = [
      { scope: { project }, commit: undefined }, // lies on another branch than the commit
      { scope: { project, stage }, commit: gitCommitId },
      { scope: { project, stage, service }, commit: gitCommitId },
    ];
    const files = new Map<string, Uint8Array>();
    for (const { scope, commit } of scopes) {
      const paths = await this.#config.list(scope, commit).catch(nothingThere);
      for (const path of paths.filter((each) => each.startsWith(`${folder}/`))) {
        const resource = await this.#config.read(scope, path, commit);
        if (resource !== undefined) files.set(path, resource.content);
      }
    }
    return [...files].map(([path, content]) => ({ path, content }));
  }

  /** Always as it is now: a test begins seldom, and its files may have just been written. */
  #lowest(scope: FileScope, path: string): Promise<FoundFile | undefined> {
    return new ScopedFiles(this.#config).lowest(scope, path);
  }

  async #read<Model>(
    request: LoadRequest,
    path: string,
    parse: (text: string, file: string) => ParsedFile<Model>,
  ): Promise<Model | undefined> {
    const found = await this.#lowest(scopeOf(request), path);
    if (found === undefined) return undefined;
    const { model, problems } = parse(found.text, placeOf(request, found.level, path));
    if (model !== undefined && !hasErrors(problems)) return model;
    throw new LoadTerminalError(`The load test cannot run: ${problems.map(formatProblem).join('; ')}`);
  }
}

function placeOf({ project, stage, service }: LoadRequest, level: FoundFile['level'], path: string): string {
  const folders = { project: [project], stage: [project, stage], service: [project, stage, service] };
  return [...folders[level], path].join('/');
}

function scopeOf({ project, stage, service, gitCommitId }: LoadRequest): FileScope {
  return { project, stage, service, commit: gitCommitId };
}

function nothingThere(error: unknown): string[] {
  if (error instanceof ConfigNotFoundError) return [];
  throw error;
}
