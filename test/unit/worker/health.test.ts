import assert from 'node:assert/strict';
import { serveHealth } from '../../../src/worker/health.ts';

describe("a worker's probes", () => {
  const answer = async (port: number, path: string): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  };

  it('tell apart a worker that must be restarted from one that waits for its database', async () => {
    let broken: string | undefined;
    let database = true;
    const health = await serveHealth(
      { host: '127.0.0.1', port: 0 },
      {
        broken: () => broken,
        notReady: async () => {
          if (!database) throw new Error('Postgres does not answer');
          return undefined;
        },
      },
    );
    try {
      assert.deepEqual(await answer(health.port, '/ready?probe=1'), { status: 200, body: { status: 'OK' } });
      database = false;
      assert.deepEqual(await answer(health.port, '/ready'), {
        status: 503,
        body: { status: 'NOT OK', reason: 'Postgres does not answer' },
      });
      assert.equal((await answer(health.port, '/health')).status, 200);
      broken = 'the Temporal worker has failed';
      assert.equal((await answer(health.port, '/health')).status, 503);
      assert.equal((await answer(health.port, '/')).status, 404);
    } finally {
      await health.close();
    }
  });

  it('refuse an address that is taken', async () => {
    const health = { broken: () => undefined, notReady: async () => undefined };
    const first = await serveHealth({ host: '127.0.0.1', port: 0 }, health);
    try {
      await assert.rejects(serveHealth({ host: '127.0.0.1', port: first.port }, health), /EADDRINUSE/);
    } finally {
      await first.close();
    }
  });
});
