import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { TemporalAccess } from '../config/temporal.ts';

/** Client and connection of one process; `close` ends both. */
export interface TemporalClient {
  client: Client;
  connection: Connection;
  close(): Promise<void>;
}

/** Temporal could not be reached with the configured address. */
export class TemporalUnreachableError extends Error {
  override readonly name = 'TemporalUnreachableError';
}

/** Connects a client; throws TemporalUnreachableError. */
export async function connectClient(access: TemporalAccess): Promise<TemporalClient> {
  const connection = await reach(access, () => Connection.connect(access.connectionOptions));
  const client = new Client({ connection, namespace: access.namespace });
  return { client, connection, close: () => connection.close() };
}

/** Connects a worker; throws TemporalUnreachableError. */
export function connectWorker(access: TemporalAccess): Promise<NativeConnection> {
  return reach(access, () => NativeConnection.connect(access.connectionOptions));
}

async function reach<T>({ connectionOptions }: TemporalAccess, connect: () => Promise<T>): Promise<T> {
  try {
    return await connect();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TemporalUnreachableError(
      `Temporal at ${connectionOptions.address} does not answer (${reason}); start it, or set TEMPORAL_ADDRESS or a profile in temporal.toml`,
      { cause },
    );
  }
}
