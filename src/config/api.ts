import { readDevState } from './dev-state.ts';
import { ConfigurationError } from './errors.ts';
import { loadSettings, type Settings } from './load.ts';

/** Where the API is and what it wants to see. */
export interface ApiAccess {
  /** Base address without a slash at the end, for example `http://127.0.0.1:8080/api`. */
  endpoint: string;
  token: string | undefined;
  /** Source of the endpoint, in words for messages. */
  from: string;
}

/**
 * The API that commands and SDK talk to: flag, environment, slipway.toml, and at last the running `slipway dev`.
 * A token from a file is only used for the endpoint of the same file, so that naming another endpoint never
 * sends it elsewhere. Throws ConfigurationError when no endpoint is known.
 */
export async function findApi(settings?: Settings): Promise<ApiAccess> {
  const known = settings ?? (await loadSettings());
  const endpoint = known.get('endpoint');
  const dev = await readDevState(known.get('stateDir'));
  if (endpoint === undefined && dev === undefined) {
    throw new ConfigurationError(
      'no Slipway API is known',
      'start `slipway dev`, or set SLIPWAY_ENDPOINT and SLIPWAY_TOKEN (or --endpoint and --token)',
    );
  }
  // A token in slipway.toml belongs to the endpoint in slipway.toml.
  const ownToken = known.source('token') !== 'file' || known.source('endpoint') === 'file';
  const token = ownToken ? known.get('token') : undefined;
  const devToken = dev !== undefined && (endpoint ?? dev.endpoint) === dev.endpoint ? dev.token : undefined;
  return {
    endpoint: endpoint ?? dev?.endpoint ?? '',
    token: token ?? devToken,
    from: endpoint === undefined ? 'the running `slipway dev`' : describeSource(known),
  };
}

function describeSource(settings: Settings): string {
  switch (settings.source('endpoint')) {
    case 'flag':
      return '--endpoint';
    case 'environment':
      return 'SLIPWAY_ENDPOINT';
    case 'file':
      return settings.file ?? 'slipway.toml';
    case 'default':
      return 'the default';
  }
}
