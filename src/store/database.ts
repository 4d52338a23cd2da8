import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { type SQL, sql } from 'drizzle-orm/sql';
import pg, { type Pool } from 'pg';
import { StoreUnavailableError } from './errors.ts';

/** Statements of one area of the store run against this. */
export type Database = NodePgDatabase;

/** Opens a pool of at most `connections` connections (default 8); throws StoreUnavailableError when nothing answers. */
export function openPool(url: string, connections = 8): Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: 15_000,
    idleTimeoutMillis: 30_000,
  });
  // An idle connection that breaks is replaced on the next query; without a listener it would end the process.
  pool.on('error', () => undefined);
  return pool;
}

/** The query builder over a pool. */
export function databaseOver(pool: Pool): Database {
  return drizzle(pool);
}

/** Runs a statement and answers its rows; the caller names the row's shape as the statement selects it. */
export async function rowsOf<Row>(database: Database, statement: SQL): Promise<Row[]> {
  const result = await database.execute(statement);
  return result.rows as Row[];
}

/** `a and b and c`, leaving out what is undefined; `true` when nothing is left. */
export function all(...conditions: (SQL | undefined)[]): SQL {
  const given = conditions.filter((condition): condition is SQL => condition !== undefined);
  return given.length === 0 ? sql`true` : sql.join(given, sql` and `);
}

/** `column = value`, or nothing for an absent or empty value. */
export function equals(column: SQL, value: string | undefined): SQL | undefined {
  return value === undefined || value === '' ? undefined : sql`${column} = ${value}`;
}

/** `column = any (values)`, or nothing for absent values; an empty list matches no row. */
export function oneOf(column: SQL, values: string[] | undefined): SQL | undefined {
  return values === undefined
    ? undefined
    : sql`${column} in (select jsonb_array_elements_text(${JSON.stringify(values)}::jsonb))`;
}

/** Strictly between two RFC 3339 times, either of which may be absent. */
export function between(
  column: SQL,
  fromTime: string | undefined,
  beforeTime: string | undefined,
): SQL | undefined {
  if (!fromTime && !beforeTime) return undefined;
  return all(
    fromTime ? sql`${column} > ${fromTime}::timestamptz` : undefined,
    beforeTime ? sql`${column} < ${beforeTime}::timestamptz` : undefined,
  );
}

/** A stored instant as RFC 3339 in UTC with milliseconds. */
export function isoTime(column: SQL): SQL {
  return sql`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

/** Hides the password of a database URL for error texts. */
export function withoutPassword(url: string): string {
  return url.replace(/(:\/\/[^:/@]+):[^@]*@/, '$1:***@');
}

/** Throws StoreUnavailableError naming the database. */
export function unavailable(url: string, cause: unknown): never {
  const reason =
    cause instanceof AggregateError
      ? cause.errors.map((error: Error) => error.message).join(', ')
      : cause instanceof Error
        ? cause.message
        : String(cause);
  throw new StoreUnavailableError(
    `The database ${withoutPassword(url)} did not answer: ${reason}. Check that it runs and that the URL is right.`,
    { cause },
  );
}
