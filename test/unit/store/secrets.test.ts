import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { SecretKeyError } from '../../../src/store/errors.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { type EmbeddedPostgres, startPglite } from '../../../src/store/pglite.ts';
import { readSecretKey } from '../../../src/store/secrets.ts';

describe('secrets at rest', function () {
  this.timeout(60_000);
  const directory = mkdtempSync(join(tmpdir(), 'slipway-key-'));
  let database: EmbeddedPostgres;
  before(async () => {
    database = await startPglite({});
  });
  after(async () => {
    await database.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('makes the key once, readable by its owner only', async () => {
    const file = join(directory, 'state', 'secret.key');
    const [first, second] = await Promise.all([readSecretKey(file), readSecretKey(file)]);
    assert.equal(first.length, 32);
    assert.deepEqual(first, second);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    writeFileSync(join(directory, 'short'), 'x');
    await assert.rejects(readSecretKey(join(directory, 'short')), SecretKeyError);
  });

  it('are not readable in the database, nor with another key, nor without one', async () => {
    const store = await openStore({ url: database.url, secretKey: randomBytes(32) });
    await store.saveSecret('keptn-default', 'token', { value: 'very-secret' });
    const pool = new pg.Pool({ connectionString: database.url });
    const { rows } = await pool.query('select * from secrets');
    assert.ok(!JSON.stringify(rows).includes('very-secret'));
    assert.ok(!Buffer.from(rows[0].sealed).includes('very-secret'));
    await pool.query(`update secrets set name = 'moved'`);
    await assert.rejects(store.secret('keptn-default', 'moved'), SecretKeyError);
    await pool.query(`update secrets set name = 'token'`);
    await pool.end();
    const other = await openStore({ url: database.url, secretKey: randomBytes(32) });
    await assert.rejects(other.secret('keptn-default', 'token'), SecretKeyError);
    const none = await openStore({ url: database.url });
    await assert.rejects(none.secret('keptn-default', 'token'), /No key for secrets was given/);
    await Promise.all([store.close(), other.close(), none.close()]);
  });
});
