import { randomBytes } from 'node:crypto';
import { openStore } from '../../src/store/open-store.ts';
import { startPglite } from '../../src/store/pglite.ts';
import { postgresPrograms, startPostgres } from './postgres.ts';
import { storeContract } from './store.ts';

describe('the store on the embedded database', () => {
  let stop: (() => Promise<void>) | undefined;
  storeContract(async () => {
    const database = await startPglite({});
    stop = database.stop;
    return openStore({ url: database.url, secretKey: randomBytes(32) });
  });
  after(async () => {
    await stop?.();
  });
});

describe('the store on PostgreSQL', () => {
  const bin = postgresPrograms();
  if (!bin) {
    it('is skipped: no PostgreSQL server is installed on this machine');
    return;
  }
  let stop: (() => Promise<void>) | undefined;
  storeContract(async () => {
    const database = await startPostgres(bin);
    stop = database.stop;
    return openStore({ url: database.url, secretKey: randomBytes(32) });
  });
  after(async () => {
    await stop?.();
  });
});
