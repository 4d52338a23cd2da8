import type { SlipwayClient } from '../client/index.ts';
import type { ApiOptions } from './options.ts';

/** The SDK client for a command's options; loaded here, so that help and the gate start without it. */
export async function connect(options: Omit<ApiOptions, 'output'>): Promise<SlipwayClient> {
  const [{ SlipwayClient: Client }, { findApi }, { loadSettings }] = await Promise.all([
    import('../client/index.ts'),
    import('../config/api.ts'),
    import('../config/load.ts'),
  ]);
  const flags = { endpoint: options.endpoint, token: options.token };
  return new Client(await findApi(await loadSettings({ flags, configFile: options.config })));
}
