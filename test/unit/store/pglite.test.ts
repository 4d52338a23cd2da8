import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { StoreUnavailableError } from '../../../src/store/errors.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { startPglite } from '../../../src/store/pglite.ts';
import { event } from '../../contract/store-fixture.ts';

const PROGRAM = new URL('./pglite-process.ts', import.meta.url).pathname;

async function startProcess(directory: string): Promise<{ url: string; process: ChildProcess }> {
  const child = spawn(process.execPath, [PROGRAM, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { url, process: child };
}

describe('the embedded database', function () {
  this.timeout(120_000);
  const directory = mkdtempSync(join(tmpdir(), 'slipway-pglite-'));
  const children: ChildProcess[] = [];
  after(async () => {
    for (const child of children.filter((one) => one.exitCode === null && one.signalCode === null)) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(directory, { recursive: true, force: true });
  });

  it('has every acknowledged event after its process was killed in the middle of writing', async () => {
    const dataDir = join(directory, 'killed');
    const first = await startProcess(dataDir);
    children.push(first.process);
    const store = await openStore({ url: first.url });
    const acknowledged: string[] = [];
    const writers = Array.from({ length: 4 }, async () => {
      for (;;) {
        const written = event();
        await store.appendEvents([written]);
        acknowledged.push(written.id);
        if (acknowledged.length === 200) first.process.kill('SIGKILL');
      }
    });
    const outcomes = await Promise.allSettled(writers);
    assert.ok(outcomes.every((outcome) => outcome.status === 'rejected'));
    await store.close();

    const second = await startProcess(dataDir);
    children.push(second.process);
    const again = await openStore({ url: second.url });
    const found = new Set<string>();
    for (let offset = 0; ; offset += 100) {
      const page = await again.events({ project: 'tour', limit: 100, offset });
      for (const one of page.events) found.add(one.id);
      if (page.events.length < 100) break;
    }
    await again.close();
    assert.ok(acknowledged.length >= 200);
    assert.deepEqual(
      acknowledged.filter((id) => !found.has(id)),
      [],
    );
  });

  it('keeps the parameters of many connections apart, and their transactions', async () => {
    const database = await startPglite({});
    const pools = [1, 2, 3].map(() => new pg.Pool({ connectionString: database.url, max: 4 }));
    const pool = (n: number): pg.Pool => pools[n % 3] as pg.Pool;
    await pool(0).query('create table numbers (n int)');
    // Longer than one packet, so that the parts of a query arrive apart; different statements, so that a mix-up shows.
    const text = (n: number): string => String(n).repeat(100_000);
    const answers = await Promise.all(
      Array.from({ length: 60 }, async (_, n) => {
        const { rows } = await pool(n).query(`select $1::int as n, left($2, 2) as text, ${n} as q`, [
          n,
          text(n),
        ]);
        return rows[0];
      }),
    );
    assert.deepEqual(
      answers,
      Array.from({ length: 60 }, (_, n) => ({ n, text: text(n).slice(0, 2), q: n })),
    );
    await Promise.all(
      Array.from({ length: 30 }, async (_, n) => {
        const client = await pool(n).connect();
        await client.query('begin');
        await client.query('insert into numbers values ($1)', [n]);
        await client.query(n % 2 === 0 ? 'commit' : 'rollback');
        client.release();
      }),
    );
    const { rows } = await pool(0).query(
      'select count(*)::int as count, sum(n % 2)::int as odd from numbers',
    );
    assert.deepEqual(rows, [{ count: 15, odd: 0 }]);
    await Promise.all(pools.map((one) => one.end()));
    await database.stop();
  });

  it('goes on for the others when a client dies between the parts of a query', async () => {
    const database = await startPglite({});
    const pool = new pg.Pool({ connectionString: database.url, max: 1 });
    const socket = connect(Number(new URL(database.url).port), '127.0.0.1');
    await once(socket, 'connect');
    const startup = Buffer.from('\0\0\0\0\0\x03\0\0user\0postgres\0database\0postgres\0\0', 'latin1');
    startup.writeInt32BE(startup.length, 0);
    socket.write(startup);
    await once(socket, 'data');
    const parse = Buffer.from('P\0\0\0\0\0select 1\0\0\0', 'latin1');
    parse.writeInt32BE(parse.length - 1, 1);
    socket.write(parse);
    await once(socket, 'data');
    const waiting = pool.query('select $1::int as n', [7]);
    socket.destroy();
    assert.deepEqual((await waiting).rows, [{ n: 7 }]);
    await pool.end();
    await database.stop();
  });

  it('says which database did not answer, without its password', async () => {
    await assert.rejects(openStore({ url: 'postgres://joe:s3cret@127.0.0.1:1/x' }), (error) => {
      assert.ok(error instanceof StoreUnavailableError);
      assert.match(error.message, /postgres:\/\/joe:\*\*\*@127\.0\.0\.1:1\/x did not answer: .*ECONNREFUSED/);
      return true;
    });
  });
});
