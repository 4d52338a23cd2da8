import type { PGlite as PGliteInstance } from '@electric-sql/pglite';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { StoreUnavailableError } from './errors.ts';

/** A running embedded database: `url` for openStore in any process of this machine, `stop` closes it cleanly. */
export interface EmbeddedPostgres {
  url: string;
  stop(): Promise<void>;
}

const FRONTEND_SYNC = 'S'.charCodeAt(0);
/** Messages after which a client waits for the answer: simple query, sync, terminate, password. */
const CLOSES_BATCH = new Set([...'QSXp'].map((letter) => letter.charCodeAt(0)));
/** Parse, bind, describe, execute, close: the parts of one extended query, which share the unnamed statement. */
const OPENS_BATCH = new Set([...'PBDEC'].map((letter) => letter.charCodeAt(0)));

/**
 * PGlite has one backend, and the socket server queues single protocol messages of all connections on it; between the parse
 * and the execute of one connection it would run another connection's parse and mix up the unnamed statement. It does stay
 * with one connection while a transaction is open, so an unfinished extended query is reported as one.
 */
class OneBatchAtATime extends PGlite {
  #batchOpen = false;

  override isInTransaction(): boolean {
    return this.#batchOpen || super.isInTransaction();
  }

  override async execProtocolRawStream(
    message: Uint8Array,
    options: Parameters<PGliteInstance['execProtocolRawStream']>[1],
  ): Promise<void> {
    const kind = message[0] ?? 0;
    if (OPENS_BATCH.has(kind)) this.#batchOpen = true;
    if (CLOSES_BATCH.has(kind)) this.#batchOpen = false;
    await super.execProtocolRawStream(message, options);
  }

  /** The socket server rolls back like this when a connection dies; half a batch must be synced away first. */
  override async exec(...parameters: Parameters<PGliteInstance['exec']>): ReturnType<PGliteInstance['exec']> {
    if (this.#batchOpen) {
      this.#batchOpen = false;
      await this.runExclusive(() =>
        super.execProtocolRawStream(Uint8Array.of(FRONTEND_SYNC, 0, 0, 0, 4), { onRawData: () => undefined }),
      );
    }
    return super.exec(...parameters);
  }
}

/**
 * Starts the embedded database on 127.0.0.1 so that several processes share it with the driver and the SQL of Postgres.
 * Statements run one after the other, a transaction holds the others up; `port` 0 takes a free one; without `dataDir` it lives
 * in memory. Throws StoreUnavailableError when the directory or the port cannot be used.
 */
export async function startPglite(options: { dataDir?: string; port?: number }): Promise<EmbeddedPostgres> {
  const database = new OneBatchAtATime(options.dataDir ?? 'memory://');
  try {
    await database.waitReady;
    const server = new PGLiteSocketServer({
      db: database,
      host: '127.0.0.1',
      port: options.port ?? 0,
      maxConnections: 64,
    });
    await server.start();
    return {
      url: `postgres://postgres:postgres@${server.getServerConn()}/postgres`,
      stop: async () => {
        await server.stop();
        await database.close();
      },
    };
  } catch (error) {
    throw new StoreUnavailableError(
      `The embedded database${options.dataDir ? ` in ${options.dataDir}` : ''} did not start: ${error instanceof Error ? error.message : String(error)}. Check that no other process uses the directory or port ${options.port ?? 0}.`,
      { cause: error },
    );
  }
}
