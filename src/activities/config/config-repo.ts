/** Where a file lies: a project file without stage, a stage file without service. */
export interface ResourceScope {
  project: string;
  stage?: string;
  service?: string;
}

export interface Resource {
  /** Path below the scope, with forward slashes, without leading `./`. */
  uri: string;
  content: Uint8Array;
  /** Commit at which it was read or written. */
  commit: string;
}

export interface Commit {
  id: string;
  time: string;
  message: string;
}

/**
 * A project's files, one repository per project laid out as Keptn's resource-service does: project files and shipyard.yaml on
 * the default branch, one branch per stage with a folder per service. Throws ConfigNotFoundError, ConfigRefusedError
 * (path traversal, bad name), ConfigUnavailableError (upstream).
 */
export interface ConfigRepo {
  createProject(
    project: string,
    options: { stages: string[]; shipyard: Uint8Array; upstream?: Upstream },
  ): Promise<void>;
  /** An unknown project is no error. */
  deleteProject(project: string): Promise<void>;
  /** Sets or replaces the upstream and pushes every branch to it; throws ConfigUnavailableError and keeps the old one. */
  setUpstream(project: string, upstream: Upstream): Promise<void>;
  /** Creates the service's folder in every stage. */
  createService(project: string, service: string): Promise<void>;
  /** Removes the service's folder from every stage; an unknown service is no error. */
  deleteService(project: string, service: string): Promise<void>;
  /**
   * Newest commit of the scope's branch; what the upstream had `maxAgeMs` ago counts, 0 being now. Default: the adapter's choice of a
   * few seconds.
   */
  head(scope: ResourceScope, options?: { maxAgeMs?: number }): Promise<string>;
  /** Undefined when the file is not there; `commit` absent or empty means newest. */
  read(scope: ResourceScope, uri: string, commit?: string): Promise<Resource | undefined>;
  /** Paths below the scope, sorted. */
  list(scope: ResourceScope, commit?: string): Promise<string[]>;
  /** One commit for all files; answers its id. Files with equal content make no new commit. */
  write(
    scope: ResourceScope,
    files: { uri: string; content: Uint8Array }[],
    message: string,
  ): Promise<string>;
  remove(scope: ResourceScope, uri: string): Promise<string>;
  history(scope: ResourceScope, limit: number): Promise<Commit[]>;
}

/** A Git remote with its credentials, which are never logged, stored in the repository or shown in a process list. */
export interface Upstream {
  remoteURL: string;
  user?: string;
  token?: string;
  /** PEM certificates that the remote's certificate is checked against, beside or instead of the system's. */
  certificate?: string;
  /** The remote's certificate is not checked. */
  insecureSkipTls?: boolean;
  /** URL of the HTTP proxy on the way to the remote, with user and password if it asks for them. */
  proxy?: string;
  privateKey?: string;
  /** Password of the private key. */
  privateKeyPassword?: string;
}
