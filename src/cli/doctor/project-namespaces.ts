import { SlipwayClient, SlipwayError } from '../../client/index.ts';
import { findApi } from '../../config/api.ts';
import { ConfigurationError } from '../../config/errors.ts';
import { loadSettings } from '../../config/load.ts';
import type { ApiOptions } from '../options.ts';
import { type Finding, warning } from './check.ts';

/** `<project>-<stage>` of every project that the API knows; an API that is not there is a finding. */
export async function namespacesOfProjects({
  endpoint,
  token,
  config,
}: ApiOptions): Promise<{ namespaces: string[]; findings: Finding[] }> {
  try {
    const settings = await loadSettings({ flags: { endpoint, token }, configFile: config });
    const client = new SlipwayClient({ ...(await findApi(settings)), timeoutMs: 5000 });
    const projects = await client.projects();
    const namespaces = projects.flatMap(({ projectName, stages }) =>
      stages.map(({ stageName }) => `${projectName}-${stageName}`),
    );
    return { namespaces, findings: [] };
  } catch (error) {
    if (!(error instanceof ConfigurationError) && !(error instanceof SlipwayError)) throw error;
    const hint = 'name the namespaces with --namespaces, or the API with --endpoint';
    return { namespaces: [], findings: [warning('API', error.message, hint)] };
  }
}
