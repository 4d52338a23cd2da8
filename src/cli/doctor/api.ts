import { SlipwayClient, SlipwayError } from '../../client/index.ts';
import { findApi } from '../../config/api.ts';
import { ConfigurationError } from '../../config/errors.ts';
import type { Settings } from '../../config/load.ts';
import { type Finding, failed, ok, warning } from './check.ts';

const CHECK = 'API';

/** The API that the commands talk to: known, reachable, and content with the token. */
export async function checkApi(settings: Settings): Promise<Finding> {
  try {
    const access = await findApi(settings);
    const client = new SlipwayClient({ ...access, timeoutMs: 5000 });
    const { keptnversion } = await client.metadata();
    return ok(CHECK, `${access.endpoint} (from ${access.from}), version ${keptnversion || 'unknown'}`);
  } catch (error) {
    if (error instanceof ConfigurationError) return warning(CHECK, error.message, error.hint ?? '');
    if (error instanceof SlipwayError) return failed(CHECK, error.message, error.hint ?? '');
    throw error;
  }
}
