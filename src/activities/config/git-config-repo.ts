import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { BranchWriter } from './branch-writer.ts';
import type { Commit, ConfigRepo, Resource, ResourceScope, Upstream } from './config-repo.ts';
import { ConfigNotFoundError, ConfigRefusedError } from './errors.ts';
import { git, gitLookup, gitText } from './git.ts';
import { layOutProject, metadata } from './new-project.ts';
import {
  branchOf,
  describeScope,
  entityName,
  folderName,
  folderOf,
  MAX_FILE_BYTES,
  resourcePath,
} from './paths.ts';
import { filesOf, headOf, knownCommit, objectOf, stagesOf } from './revisions.ts';
import { checkedRemote, gitWithUpstream } from './upstream.ts';
import { requireNothingForeign } from './upstream-branches.ts';
import { UpstreamPulls } from './upstream-pulls.ts';

export interface GitConfigRepoOptions {
  /** Folder of the bare repositories, one `<project>.git` each. */
  directory: string;
  /** Credentials of a project's upstream, looked up before each use; undefined for a public one. */
  credentials?: (project: string) => Promise<Omit<Upstream, 'remoteURL'> | undefined>;
  /** Reads ask the upstream for news at most this often, in milliseconds; default 5,000. Writes always ask. */
  upstreamMaxAgeMs?: number;
  /** Allows `file://` upstreams; default false. */
  allowFileUpstream?: boolean;
}

const MISSING = Symbol('missing');

/**
 * The project's files in bare Git repositories, without work trees: every write is one commit object and one
 * compare-and-swap of the branch, so that several processes may write at the same time.
 */
export class GitConfigRepo implements ConfigRepo {
  readonly #directory: string;
  readonly #options: GitConfigRepoOptions;
  readonly #writer: BranchWriter;
  readonly #pulls = new UpstreamPulls((directory) => this.#pull(directory));

  constructor(options: GitConfigRepoOptions) {
    this.#directory = options.directory;
    this.#options = options;
    this.#writer = new BranchWriter({
      upstream: (directory, project) => this.#upstream(directory, project),
    });
  }

  async createProject(
    project: string,
    options: { stages: string[]; shipyard: Uint8Array; upstream?: Upstream },
  ): Promise<void> {
    const directory = this.#path(project);
    if (existsSync(directory))
      throw new ConfigRefusedError(`The project ${project} already has a repository.`);
    const draft = join(this.#directory, `.new-${project}-${randomUUID()}`);
    try {
      const { upstream, ...parts } = options;
      const target = upstream && this.#checked(upstream);
      await layOutProject(draft, this.#writer, {
        ...parts,
        project,
        ...(target ? { upstream: target } : {}),
      });
      if (target) await this.#connect(draft, target);
      await rename(draft, directory);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  }

  async deleteProject(project: string): Promise<void> {
    const directory = this.#path(project);
    if (!existsSync(directory)) return;
    const gone = join(this.#directory, `.old-${project}-${randomUUID()}`);
    await rename(directory, gone);
    this.#pulls.forget(directory);
    await rm(gone, { recursive: true, force: true });
  }

  async setUpstream(project: string, upstream: Upstream): Promise<void> {
    const directory = this.#existing(project);
    const target = this.#checked(upstream);
    await requireNothingForeign(directory, target);
    await this.#writer.pull(directory, target);
    await this.#connect(directory, target);
  }

  async createService(project: string, service: string): Promise<void> {
    const directory = this.#existing(project);
    const path = `${folderName(service)}/metadata.yaml`;
    for (const stage of await stagesOf(directory)) {
      if ((await objectOf(directory, `${stage}:${path}`)) !== undefined) continue;
      await this.#writer.commit({ directory, project }, stage, {
        changes: [{ path, content: metadata({ serviceName: service }) }],
        message: `Add service ${service}`,
      });
    }
  }

  async deleteService(project: string, service: string): Promise<void> {
    const directory = this.#existing(project);
    const folder = `${folderName(service)}/`;
    for (const stage of await stagesOf(directory)) {
      const files = await filesOf(directory, stage, folder);
      if (files.length === 0) continue;
      await this.#writer.commit({ directory, project }, stage, {
        changes: files.map((path) => ({ path: `${folder}${path}`, content: undefined })),
        message: `Remove service ${service}`,
      });
    }
  }

  async head(scope: ResourceScope, { maxAgeMs }: { maxAgeMs?: number } = {}): Promise<string> {
    const directory = this.#existing(scope.project);
    await this.#pulls.notOlderThan(directory, maxAgeMs ?? this.#options.upstreamMaxAgeMs ?? 5_000);
    return headOf(directory, scope);
  }

  async read(scope: ResourceScope, uri: string, commit?: string): Promise<Resource | undefined> {
    const path = resourcePath(uri);
    const { directory, at } = await this.#at(scope, commit);
    const blob = await objectOf(directory, `${at}:${folderOf(scope)}${path}`);
    if (blob === undefined) return undefined;
    const content = await git(directory, ['cat-file', 'blob', blob]).catch(() => MISSING);
    // A folder has a name but no content.
    return typeof content === 'symbol' ? undefined : { uri: path, content, commit: at };
  }

  async list(scope: ResourceScope, commit?: string): Promise<string[]> {
    const { directory, at } = await this.#at(scope, commit);
    return filesOf(directory, at, folderOf(scope));
  }

  async write(
    scope: ResourceScope,
    files: { uri: string; content: Uint8Array }[],
    message: string,
  ): Promise<string> {
    const changes = files.map(({ uri, content }) => {
      if (content.length <= MAX_FILE_BYTES)
        return { path: `${folderOf(scope)}${resourcePath(uri)}`, content };
      throw new ConfigRefusedError(
        `${uri} has ${content.length} bytes; at most ${MAX_FILE_BYTES} are stored. Keep large files elsewhere and refer to them.`,
      );
    });
    return this.#change(scope, changes, message);
  }

  async remove(scope: ResourceScope, uri: string): Promise<string> {
    const path = resourcePath(uri);
    if ((await this.read(scope, path)) === undefined)
      throw new ConfigNotFoundError(`Resource not found: ${path} in ${describeScope(scope)}`);
    return this.#change(scope, [{ path: `${folderOf(scope)}${path}`, content: undefined }], `Remove ${path}`);
  }

  async history(scope: ResourceScope, limit: number): Promise<Commit[]> {
    const { directory, at } = await this.#at(scope);
    const folder = folderOf(scope);
    const format = ['log', `--max-count=${limit}`, '--format=%H%x00%cI%x00%s', at];
    const text = await gitText(directory, folder === '' ? format : [...format, '--', folder]);
    return text.split('\n').flatMap((line) => {
      const [id, time, message] = line.split('\0');
      return id && time ? [{ id, time, message: message ?? '' }] : [];
    });
  }

  async #change(
    scope: ResourceScope,
    changes: { path: string; content: Uint8Array | undefined }[],
    message: string,
  ): Promise<string> {
    const directory = this.#existing(scope.project);
    await headOf(directory, scope);
    return this.#writer.commit({ directory, project: scope.project }, branchOf(scope), { changes, message });
  }

  async #at(scope: ResourceScope, commit?: string): Promise<{ directory: string; at: string }> {
    const directory = this.#existing(scope.project);
    if (commit === undefined || commit === '') return { directory, at: await this.head(scope) };
    return { directory, at: await knownCommit(directory, scope.project, commit) };
  }

  async #upstream(directory: string, project: string): Promise<Upstream | undefined> {
    // Every task asks and most projects have none, which their settings tell without a process.
    const settings = await readFile(join(directory, 'config'), 'utf8').catch(() => undefined);
    if (settings !== undefined && !/^\s*\[remote\b/m.test(settings)) return undefined;
    const remoteURL = await gitLookup(directory, ['config', '--get', 'remote.origin.url']);
    if (remoteURL === undefined || remoteURL === '') return undefined;
    return { ...(await this.#options.credentials?.(project)), remoteURL };
  }

  /** Pushes all branches; only when that worked the address is kept. */
  async #connect(directory: string, upstream: Upstream): Promise<void> {
    const { remoteURL } = upstream;
    await gitWithUpstream(directory, ['push', '--quiet', remoteURL, 'refs/heads/*:refs/heads/*'], upstream);
    await git(directory, ['config', 'remote.origin.url', remoteURL]);
  }

  #checked(upstream: Upstream): Upstream {
    return {
      ...upstream,
      remoteURL: checkedRemote(upstream.remoteURL, this.#options.allowFileUpstream === true),
    };
  }

  async #pull(directory: string): Promise<boolean> {
    const upstream = await this.#upstream(directory, basename(directory, '.git'));
    if (upstream !== undefined) await this.#writer.pull(directory, upstream);
    return upstream !== undefined;
  }

  #path(project: string): string {
    return join(this.#directory, `${entityName('project', project)}.git`);
  }

  #existing(project: string): string {
    const directory = this.#path(project);
    if (existsSync(directory)) return directory;
    throw new ConfigNotFoundError(`Project not found: ${project}`);
  }

  /** Names of the projects that have a repository, sorted. */
  async projects(): Promise<string[]> {
    const entries = existsSync(this.#directory) ? await readdir(this.#directory) : [];
    return entries
      .filter((name) => name.endsWith('.git') && !name.startsWith('.'))
      .map((name) => name.slice(0, -4))
      .sort();
  }
}
