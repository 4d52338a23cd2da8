import { strict as assert } from 'node:assert';
import { openServiceTunnel } from '../../src/activities/kubernetes/service-tunnel.ts';
import { DeliverySteps } from './delivery-steps.ts';
import { createService, type ServiceUnderTest } from './service-under-test.ts';
import { clusterTarget } from './target.ts';

describe('a program outside of the cluster', function () {
  this.timeout(120_000);
  const target = clusterTarget();
  let service: ServiceUnderTest;

  before(async () => {
    service = await createService(target, { project: 'tunnel', router: 'istio', replicas: 2 });
    await new DeliverySteps(service).deployOnly(target.image('v1'));
  });
  after(() => service?.remove());

  for (const direct of [true, false]) {
    it(`reaches all pods of a Service ${direct ? 'at their own addresses' : 'through the API server'}`, async () => {
      const place = { namespace: service.namespace, name: 'helloservice', port: 80 };
      const tunnel = await openServiceTunnel(service.api, place, { direct });
      const answered = new Set<string>();
      try {
        for (let request = 0; request < 6; request += 1) {
          const response = await fetch(`http://127.0.0.1:${tunnel.port}/`, {
            headers: { connection: 'close' },
          });
          assert.equal(response.headers.get('x-version'), 'v1');
          answered.add(await response.text());
        }
      } finally {
        tunnel.close();
      }
      assert.equal(answered.size, 2, [...answered].join());
    });
  }

  it('gets no answer from a Service that is not there, instead of waiting', async () => {
    const tunnel = await openServiceTunnel(service.api, {
      namespace: service.namespace,
      name: 'nobody',
      port: 80,
    });
    try {
      await assert.rejects(fetch(`http://127.0.0.1:${tunnel.port}/`));
    } finally {
      tunnel.close();
    }
  });
});
