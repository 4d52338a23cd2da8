import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import { measureRequests, serveMetrics } from '../../../src/server/http-metrics.ts';
import { DurationHistogram } from '../../../src/server/prometheus-text.ts';

describe("the server's metrics", () => {
  it('count requests by the pattern of their route, never by the names in them', async () => {
    const app = fastify();
    const metrics = measureRequests(app);
    app.get('/v1/project/:name', async () => 'ok');
    for (const path of ['/v1/project/one', '/v1/project/two', '/unknown/secret']) await app.inject(path);
    const server = await serveMetrics({ host: '127.0.0.1', port: 0 }, metrics);
    try {
      const { port } = server.address() as AddressInfo;
      const response = await fetch(`http://127.0.0.1:${port}/metrics`);
      const text = await response.text();
      assert.match(response.headers.get('content-type') ?? '', /^text\/plain/);
      assert.match(
        text,
        /slipway_http_request_duration_seconds_count\{method="GET",route="\/v1\/project\/:name",status="200"\} 2/,
      );
      assert.match(text, /_count\{method="GET",route="none",status="404"\} 1/);
      assert.match(text, /^process_resident_memory_bytes \d+$/m);
      assert.doesNotMatch(text, /secret|project\/one/);
      assert.equal((await fetch(`http://127.0.0.1:${port}/other`)).status, 404);
    } finally {
      server.close();
      await app.close();
    }
  });

  it('put a duration into every bucket that reaches it, and escape labels', () => {
    const histogram = new DurationHistogram('took', 'time');
    histogram.observe({ route: 'a"b\\c' }, 0.2);
    histogram.observe({ route: 'a"b\\c' }, 20);
    const text = histogram.text();
    assert.match(text, /took_bucket\{route="a\\"b\\\\c",le="0\.1"\} 0/);
    assert.match(text, /le="0\.25"\} 1/);
    assert.match(text, /le="10"\} 1/);
    assert.match(text, /le="\+Inf"\} 2/);
    assert.match(text, /took_sum\{.*\} 20\.2/);
  });
});
