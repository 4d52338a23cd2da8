import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sql } from 'drizzle-orm/sql';
import { type Database, rowsOf } from './database.ts';
import { SecretKeyError } from './errors.ts';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The 32-byte key of a file, made with mode 0600 on first use; throws SecretKeyError when the file holds something else. */
export async function readSecretKey(file: string): Promise<Uint8Array> {
  await mkdir(dirname(file), { recursive: true });
  try {
    await writeFile(file, randomBytes(KEY_BYTES), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const key = await readFile(file);
  if (key.length === KEY_BYTES) return key;
  throw new SecretKeyError(
    `${file} holds ${key.length} bytes instead of a key of ${KEY_BYTES}. Restore the file that the secrets were written with, or remove it and create the secrets again.`,
  );
}

/** nonce, tag, AES-256-GCM text; scope and name are authenticated so that a row cannot be moved to another name. */
function seal(key: Uint8Array, address: string, data: { [key: string]: string }): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(address));
  const text = Buffer.concat([cipher.update(JSON.stringify(data), 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]);
}

function unseal(key: Uint8Array, address: string, sealed: Buffer): { [key: string]: string } {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES))
    .setAAD(Buffer.from(address))
    .setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  try {
    const text = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
    return JSON.parse(text.toString('utf8')) as { [key: string]: string };
  } catch (cause) {
    throw new SecretKeyError(
      `The secret ${address} was written with another key. Start with the key file it was written with, or delete and create the secret again.`,
      { cause },
    );
  }
}

function required(key: Uint8Array | undefined): Uint8Array {
  if (key) return key;
  throw new SecretKeyError(
    'No key for secrets was given. Start with the key file of the state directory, or mount one and name it in the configuration.',
  );
}

/** Encrypts and stores; an existing secret of that scope and name is replaced. */
export async function saveSecret(
  database: Database,
  key: Uint8Array | undefined,
  secret: { scope: string; name: string; data: { [key: string]: string } },
): Promise<void> {
  const sealed = seal(required(key), `${secret.scope}/${secret.name}`, secret.data);
  await database.execute(sql`insert into secrets (scope, name, keys, sealed)
    values (${secret.scope}, ${secret.name}, ${JSON.stringify(Object.keys(secret.data).sort())}::jsonb, ${sealed}::bytea)
    on conflict (scope, name) do update set keys = excluded.keys, sealed = excluded.sealed`);
}

/** The decrypted secret; undefined when there is none. */
export async function readSecret(
  database: Database,
  key: Uint8Array | undefined,
  { scope, name }: { scope: string; name: string },
): Promise<{ [key: string]: string } | undefined> {
  const rows = await rowsOf<{ sealed: Buffer }>(
    database,
    sql`select sealed from secrets where scope = ${scope} and name = ${name}`,
  );
  const row = rows[0];
  return row ? unseal(required(key), `${scope}/${name}`, row.sealed) : undefined;
}

/** Names and keys, never values. */
export async function listSecrets(
  database: Database,
): Promise<{ scope: string; name: string; keys: string[] }[]> {
  return rowsOf(database, sql`select scope, name, keys from secrets order by scope, name`);
}

/** Answers whether there was one. */
export async function deleteSecret(database: Database, scope: string, name: string): Promise<boolean> {
  const rows = await rowsOf<{ name: string }>(
    database,
    sql`delete from secrets where scope = ${scope} and name = ${name} returning name`,
  );
  return rows.length > 0;
}
