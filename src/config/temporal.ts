import type { ClientConnectConfig } from '@temporalio/envconfig';
import { ConfigurationError } from './errors.ts';

/** Address that is used when neither temporal.toml nor TEMPORAL_ADDRESS names one. */
export const DEFAULT_TEMPORAL_ADDRESS = '127.0.0.1:7233';

/** How to reach Temporal: what `Connection.connect` and `new Client` take. */
export interface TemporalAccess {
  connectionOptions: ClientConnectConfig['connectionOptions'] & { address: string };
  namespace: string;
}

/** What a command line or the running `slipway dev` says about Temporal. */
export interface TemporalOverrides {
  profile?: string | undefined;
  /** Used when no profile and no TEMPORAL_ADDRESS names an address. */
  fallbackAddress?: string | undefined;
}

/**
 * Reads temporal.toml and TEMPORAL_* as every Temporal program does. Throws ConfigurationError when they
 * contradict each other or the profile does not exist.
 */
export async function loadTemporalAccess(overrides: TemporalOverrides = {}): Promise<TemporalAccess> {
  const { loadClientConnectConfig } = await import('@temporalio/envconfig');
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig(
      overrides.profile === undefined ? {} : { profile: overrides.profile },
    );
    const address = connectionOptions.address ?? overrides.fallbackAddress ?? DEFAULT_TEMPORAL_ADDRESS;
    return { connectionOptions: { ...connectionOptions, address }, namespace: namespace ?? 'default' };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(
      `the Temporal configuration cannot be used: ${reason}`,
      'check temporal.toml and the TEMPORAL_* variables',
    );
  }
}
