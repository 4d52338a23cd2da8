import { readdir, readFile } from 'node:fs/promises';
import type { Pool } from 'pg';

const MIGRATIONS = new URL('./migrations/', import.meta.url);
/** Any fixed number: processes that start together apply the files one after the other. */
const LOCK = 7_519_283;

/** Applies the SQL files of src/store/migrations that the database has not seen, in name order, all or none. */
export async function migrate(pool: Pool): Promise<void> {
  const files = (await readdir(MIGRATIONS)).filter((name) => name.endsWith('.sql')).sort();
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query(`select pg_advisory_xact_lock(${LOCK})`);
    await client.query(
      'create table if not exists slipway_migrations (name text primary key, applied timestamptz not null default now())',
    );
    const applied = await client.query<{ name: string }>('select name from slipway_migrations');
    const seen = new Set(applied.rows.map((row) => row.name));
    for (const name of files.filter((file) => !seen.has(file))) {
      await client.query(await readFile(new URL(name, MIGRATIONS), 'utf8'));
      await client.query('insert into slipway_migrations (name) values ($1)', [name]);
    }
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}
