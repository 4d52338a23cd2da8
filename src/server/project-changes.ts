import { ConfigRefusedError } from '../activities/config/errors.ts';
import { isEnd } from '../sequence/state-view.ts';
import type { ProjectRow } from '../store/store.ts';
import type { ServerContext } from './context.ts';
import { ApiError } from './errors.ts';
import { GIT_SECRET_SCOPE, saveGitCredentials } from './git-credentials.ts';
import {
  isEntityName,
  newProjectName,
  newShipyard,
  type ProjectBody,
  projectName,
  upstreamIn,
} from './project-body.ts';
import { decodeBase64, stageNames, usableShipyard } from './shipyard-text.ts';

/** Creates the repository, then the project; what was made is taken back when the second fails. Throws ApiError. */
export async function createProject(context: ServerContext, body: ProjectBody): Promise<void> {
  const { store, config } = context;
  const name = newProjectName(body);
  const content = decodeBase64(newShipyard(body), 'the shipyard');
  const text = content.toString('utf8');
  const shipyard = usableShipyard(text);
  const upstream = upstreamIn(body);
  if (await store.project(name))
    throw new ApiError(409, `could not create project '${name}': project already exists`);
  const stages = stageNames(shipyard);
  await createRepository(context, name, { stages, shipyard: content, ...(upstream ? { upstream } : {}) });
  try {
    if (upstream) await saveGitCredentials(store, name, upstream);
    await store.saveProject({
      name,
      creationDate: nanoseconds(context.now()),
      stages,
      shipyard: text,
      shipyardVersion: shipyard.apiVersion,
      ...upstreamColumns(upstream),
    });
  } catch (error) {
    await config.deleteProject(name);
    throw error;
  }
}

/** A repository without a project in the store is left over from a create that died half-way: it is made anew. */
async function createRepository(
  { config, store }: ServerContext,
  name: string,
  options: Parameters<ServerContext['config']['createProject']>[1],
): Promise<void> {
  try {
    await config.createProject(name, options);
  } catch (error) {
    if (!(error instanceof ConfigRefusedError) || !/already has a repository/.test(error.message))
      throw error;
    if (await store.project(name))
      throw new ApiError(409, `could not create project '${name}': project already exists`);
    await config.deleteProject(name);
    await config.createProject(name, options);
  }
}

/** Changes upstream and shipyard; throws ApiError. */
export async function updateProject({ store, config }: ServerContext, body: ProjectBody): Promise<void> {
  const name = projectName(body);
  const text = body.shipyard ? decodeBase64(body.shipyard, 'the shipyard').toString('utf8') : undefined;
  if (text !== undefined) usableShipyard(text);
  const upstream = upstreamIn(body);
  const row = await store.project(name);
  if (!row) throw new ApiError(404, 'project not found');
  const changed = text === undefined ? row : withShipyard(row, text);
  if (upstream) {
    await config.setUpstream(row.name, upstream);
    await saveGitCredentials(store, row.name, upstream);
  }
  if (text !== undefined) {
    const files = [{ uri: 'shipyard.yaml', content: Buffer.from(text) }];
    await config.write({ project: row.name }, files, 'Update shipyard.yaml');
  }
  await store.saveProject({ ...changed, ...upstreamColumns(upstream) });
}

/** The project with another shipyard; Keptn 1.4.5 does not let stages be added, removed or renamed. Throws ApiError 400. */
export function withShipyard(row: ProjectRow, text: string): ProjectRow {
  const shipyard = usableShipyard(text);
  const stages = stageNames(shipyard);
  if ([...stages].sort().join() !== [...row.stages].sort().join()) {
    throw new ApiError(
      400,
      `unallowed addition/removal/renaming of stages: the project has ${row.stages.join(', ')}, the shipyard ${stages.join(', ')}. Create a new project for other stages.`,
    );
  }
  return { ...row, stages, shipyard: text, shipyardVersion: shipyard.apiVersion };
}

/** Aborts what runs, then removes the project; answers Keptn's text. An unknown project is no error. */
export async function deleteProject({ store, config, runs }: ServerContext, name: string): Promise<string> {
  const row = await store.project(name);
  if (row) {
    const rows = await store.sequenceStates({ project: name, limit: 10_000, offset: 0 });
    const active = new Set(rows.filter((one) => !isEnd(one.state)).map((one) => one.keptnContext));
    for (const keptnContext of active) await runs.control({ project: name, keptnContext, state: 'abort' });
    await store.deleteProject(name);
    await store.deleteSecret(GIT_SECRET_SCOPE, name);
  }
  if (isEntityName(name)) await config.deleteProject(name);
  const lines = row
    ? row.stages.map(
        (stage) =>
          `- A potentially created namespace ${name}-${stage} is not managed by Keptn anymore but is not deleted.`,
      )
    : [`Project ${name} cannot be retrieved anymore.`];
  return [...lines, 'Any Git upstream of the project will not be deleted.'].join('\n');
}

function upstreamColumns(
  upstream: { remoteURL: string; user?: string } | undefined,
): Pick<ProjectRow, 'upstreamUrl' | 'upstreamUser'> {
  if (!upstream) return {};
  return { upstreamUrl: upstream.remoteURL, ...(upstream.user ? { upstreamUser: upstream.user } : {}) };
}

/** Keptn's creation dates are nanoseconds as a decimal string. */
export function nanoseconds(time: Date): string {
  return String(BigInt(time.getTime()) * 1_000_000n);
}
