import type { ConfigRepo, Resource, ResourceScope } from './config-repo.ts';
import { ConfigNotFoundError } from './errors.ts';

/** Files kept in memory; a commit's content never changes, so entries need no expiry. */
const CACHE_ENTRIES = 2_000;
/** Files above this size are read again each time, so that the cache stays small. */
const CACHE_FILE_BYTES = 64 * 1024;

/** Levels on which a file can lie, the most particular first. */
export const LEVELS = ['service', 'stage', 'project'] as const;

/** A service in a stage, and the commit of the stage's branch to read at; newest when empty or absent. */
export interface FileScope {
  project: string;
  stage: string;
  service: string;
  commit?: string | undefined;
}

/** A file together with the level on which it was found. */
export interface FoundFile {
  level: (typeof LEVELS)[number];
  text: string;
  resource: Resource;
}

/** Reads the files of a service, its stage and its project as Keptn's integrations looked them up. */
export class ScopedFiles {
  readonly #config: ConfigRepo;
  readonly #upstream: { maxAgeMs?: number };
  readonly #cache = new Map<string, Resource | undefined>();

  /** `upstreamMaxAgeMs`: how old what is known of an upstream may be; default the repository's own, Infinity never asks. */
  constructor(config: ConfigRepo, { upstreamMaxAgeMs }: { upstreamMaxAgeMs?: number } = {}) {
    this.#config = config;
    this.#upstream = upstreamMaxAgeMs === undefined ? {} : { maxAgeMs: upstreamMaxAgeMs };
  }

  /** The file on the lowest level that has it: service, then stage, then project. */
  async lowest(scope: FileScope, uri: string): Promise<FoundFile | undefined> {
    for (const level of LEVELS) {
      const found = await this.at(scope, level, uri);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The file on one level; the project's files lie on another branch than the commit and are read newest. */
  async at(scope: FileScope, level: FoundFile['level'], uri: string): Promise<FoundFile | undefined> {
    const resource = await this.#readAt(scope, level, uri).catch((error: unknown) => {
      // Without a commit a service that has no folder yet is an error; its stage and project may still have the file.
      if (level === 'service' && !scope.commit && error instanceof ConfigNotFoundError) return undefined;
      throw error;
    });
    return resource === undefined ? undefined : { level, text: decodeText(resource.content), resource };
  }

  /** Files of the service whose path is `path` or lies below it, by path. */
  async below(scope: FileScope, path: string): Promise<{ path: string; content: Uint8Array }[]> {
    const service = resourceScope(scope, 'service');
    const commit = scope.commit === '' ? undefined : scope.commit;
    const wanted = path.replace(/^\.?\/+/, '').replace(/\/+$/, '');
    const uris = await this.#config.list(service, commit);
    const matching = uris.filter((uri) => uri === wanted || wanted === '' || uri.startsWith(`${wanted}/`));
    const files: { path: string; content: Uint8Array }[] = [];
    for (const uri of matching) {
      const resource = await this.#config.read(service, uri, commit);
      if (resource !== undefined) files.push({ path: uri, content: resource.content });
    }
    return files;
  }

  async #readAt(scope: FileScope, level: FoundFile['level'], uri: string): Promise<Resource | undefined> {
    const { project, stage } = scope;
    const branch = level === 'project' ? { project } : { project, stage };
    const commit =
      level === 'project' || !scope.commit ? await this.#config.head(branch, this.#upstream) : scope.commit;
    return this.#read(resourceScope(scope, level), uri, commit);
  }

  async #read(scope: ResourceScope, uri: string, commit: string): Promise<Resource | undefined> {
    const key = JSON.stringify([scope.project, scope.stage, scope.service, uri, commit]);
    if (this.#cache.has(key)) return this.#cache.get(key);
    const resource = await this.#config.read(scope, uri, commit);
    if ((resource?.content.length ?? 0) <= CACHE_FILE_BYTES) {
      this.#cache.set(key, resource);
      const oldest = this.#cache.size > CACHE_ENTRIES ? this.#cache.keys().next().value : undefined;
      if (oldest !== undefined) this.#cache.delete(oldest);
    }
    return resource;
  }
}

function resourceScope({ project, stage, service }: FileScope, level: FoundFile['level']): ResourceScope {
  if (level === 'service') return { project, stage, service };
  return level === 'stage' ? { project, stage } : { project };
}

/** Text of a file in UTF-8; bytes that are none become the replacement character. */
export function decodeText(content: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(content);
}
