import { Connection } from '@temporalio/client';
import { readDevState } from '../../config/dev-state.ts';
import type { Settings } from '../../config/load.ts';
import { DEFAULT_TEMPORAL_ADDRESS, loadTemporalAccess, type TemporalAccess } from '../../config/temporal.ts';
import { SEARCH_ATTRIBUTE_NAMES } from '../../contracts/search-attributes.ts';
import { type Finding, failed, messageOf, ok, warning } from './check.ts';

const CHECK = 'Temporal';
const ATTRIBUTES = 'search attributes';

/** Temporal as temporal.toml, TEMPORAL_* or the running `slipway dev` name it: reachable, and set up for Slipway. */
export async function checkTemporal(settings: Settings): Promise<Finding[]> {
  const dev = await readDevState(settings.get('stateDir'));
  const access = await loadTemporalAccess({
    profile: settings.get('temporalProfile'),
    fallbackAddress: dev?.temporal,
  });
  const { address } = access.connectionOptions;
  try {
    const connection = await Connection.connect({ ...access.connectionOptions, connectTimeout: 5000 });
    try {
      return await inspect(connection, access);
    } finally {
      await connection.close();
    }
  } catch (error) {
    const detail = `${address} cannot be reached: ${messageOf(error)}`;
    const hint = 'start `slipway dev`, or correct TEMPORAL_ADDRESS, temporal.toml and the credentials';
    const chosen = dev !== undefined || address !== DEFAULT_TEMPORAL_ADDRESS;
    return [chosen ? failed(CHECK, detail, hint) : warning(CHECK, `none is configured; ${detail}`, hint)];
  }
}

async function inspect(
  connection: Connection,
  { connectionOptions, namespace }: TemporalAccess,
): Promise<Finding[]> {
  const { serverVersion } = await connection.workflowService.getSystemInfo({});
  const reachable = ok(
    CHECK,
    `${connectionOptions.address}, namespace ${namespace}, server ${serverVersion || 'unknown'}`,
  );
  return [reachable, await checkSearchAttributes(connection, namespace)];
}

async function checkSearchAttributes(connection: Connection, namespace: string): Promise<Finding> {
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    const missing = SEARCH_ATTRIBUTE_NAMES.filter((name) => !Object.hasOwn(customAttributes ?? {}, name));
    if (missing.length === 0) return ok(ATTRIBUTES, SEARCH_ATTRIBUTE_NAMES.join(', '));
    const create = missing.map((name) => `--name ${name} --type Keyword`).join(' ');
    return failed(
      ATTRIBUTES,
      `missing in namespace ${namespace}: ${missing.join(', ')}`,
      `register them: temporal operator search-attribute create --namespace ${namespace} ${create}`,
    );
  } catch (error) {
    return warning(
      ATTRIBUTES,
      `cannot be listed: ${messageOf(error)}`,
      `look yourself for ${SEARCH_ATTRIBUTE_NAMES.join(', ')} in namespace ${namespace}`,
    );
  }
}
