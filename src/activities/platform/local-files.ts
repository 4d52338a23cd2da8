import type { Json, JsonObject } from '../../contracts/json.ts';
import { isJsonObject } from '../../contracts/json.ts';
import { type EndpointsFile, parseEndpoints } from '../../files/endpoints.ts';
import type { ParsedFile } from '../../files/parsed-file.ts';
import { formatProblem, hasErrors } from '../../files/problem.ts';
import { type ProcessFile, parseProcess } from '../../files/process.ts';
import type { ConfigRepo } from '../config/config-repo.ts';
import { PlatformTerminalError } from './errors.ts';
import { mergeValues } from './helm/merge-values.ts';
import type { DeployRequest, ServiceRef } from './platform.ts';

/** Folder of the service whose files are laid into the working directory of its processes. */
const FOLDER = 'slipway/';
const PROCESS_FILE = 'slipway/process.yaml';
const VALUES_FILE = 'slipway/values.json';
const ENDPOINTS_FILE = 'helm/endpoints.yaml';
const MAX_FILES_BYTES = 10_000_000;

/** What the project's repository says about running a service locally. */
export interface LocalFiles {
  process?: ProcessFile;
  files: { path: string; base64: string }[];
  endpoints?: EndpointsFile;
}

/** Reads process.yaml, the files beside it, and endpoints.yaml. Throws PlatformTerminalError for a file that cannot be used. */
export async function readLocalFiles(config: ConfigRepo, request: DeployRequest): Promise<LocalFiles> {
  const scope = scopeOf(request);
  const text = async (uri: string) => {
    const resource = await config.read(scope, uri, request.gitCommitId);
    return resource === undefined ? undefined : new TextDecoder().decode(resource.content);
  };
  const [processText, endpointsText] = [await text(PROCESS_FILE), await text(ENDPOINTS_FILE)];
  const result: LocalFiles = { files: [] };
  if (endpointsText !== undefined)
    result.endpoints = usable(parseEndpoints(endpointsText, where(scope, ENDPOINTS_FILE)));
  if (processText !== undefined) {
    result.process = usable(parseProcess(processText, where(scope, PROCESS_FILE)));
    result.files = await readFolder(config, request);
  }
  return result;
}

/** The error for a service that has nothing the embedded platform could run. */
export function nothingToRun(request: ServiceRef): PlatformTerminalError {
  const { project, stage, service } = request;
  return new PlatformTerminalError(
    `${where(request, PROCESS_FILE)} is missing: the embedded platform runs a service by this file, it cannot run Helm charts. ` +
      `Add it with \`slipway add-resource --project=${project} --stage=${stage} --service=${service} ` +
      `--resource=process.yaml --resourceUri=${PROCESS_FILE}\`, or give ${ENDPOINTS_FILE} for a service that runs elsewhere (user_managed)`,
  );
}

/**
 * Merges `configurationChange.values` into the service's stored values as helm-service merged them into the chart's, and commits
 * the result. Answers the values to run with, and the commit when values were given.
 */
export async function storeValues(
  config: ConfigRepo,
  request: DeployRequest,
): Promise<{ values: JsonObject; commit?: string }> {
  const scope = scopeOf(request);
  const stored = await config.read(scope, VALUES_FILE, request.gitCommitId);
  const current = stored === undefined ? {} : parseValues(stored.content, where(scope, VALUES_FILE));
  if (Object.keys(request.values).length === 0) return { values: current };
  const values = mergeValues(current, request.values);
  const content = new TextEncoder().encode(`${JSON.stringify(values, undefined, 2)}\n`);
  const message = `Deploy ${request.service} with new values`;
  return { values, commit: await config.write(scope, [{ uri: VALUES_FILE, content }], message) };
}

function parseValues(content: Uint8Array, file: string): JsonObject {
  try {
    const values: Json = JSON.parse(new TextDecoder().decode(content));
    if (isJsonObject(values)) return values;
  } catch (cause) {
    throw new PlatformTerminalError(`${file} is no JSON: correct or remove it`, { cause });
  }
  throw new PlatformTerminalError(`${file} must hold a JSON object: correct or remove it`);
}

async function readFolder(config: ConfigRepo, request: DeployRequest): Promise<LocalFiles['files']> {
  const scope = scopeOf(request);
  const files: LocalFiles['files'] = [];
  let size = 0;
  for (const uri of await config.list(scope, request.gitCommitId)) {
    if (!uri.startsWith(FOLDER) || uri === PROCESS_FILE || uri === VALUES_FILE) continue;
    const resource = await config.read(scope, uri, request.gitCommitId);
    if (resource === undefined) continue;
    size += resource.content.length;
    if (size > MAX_FILES_BYTES) {
      throw new PlatformTerminalError(
        `the files below ${where(scope, FOLDER)} are larger than ${MAX_FILES_BYTES} bytes: keep programs outside and name them by an absolute path in process.yaml`,
      );
    }
    files.push({ path: uri.slice(FOLDER.length), base64: Buffer.from(resource.content).toString('base64') });
  }
  return files;
}

function usable<T>({ model, problems }: ParsedFile<T>): T {
  if (model !== undefined && !hasErrors(problems)) return model;
  const errors = problems.filter(({ severity }) => severity === 'error');
  throw new PlatformTerminalError(`The deployment cannot start: ${errors.map(formatProblem).join('; ')}`);
}

function scopeOf({ project, stage, service }: ServiceRef): ServiceRef {
  return { project, stage, service };
}

function where({ project, stage, service }: ServiceRef, uri: string): string {
  return `${project}/${stage}/${service}/${uri}`;
}
