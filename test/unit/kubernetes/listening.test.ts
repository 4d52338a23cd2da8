import { strict as assert } from 'node:assert';
import { createServer, type Server } from 'node:net';
import type { V1Deployment } from '@kubernetes/client-node';
import type { KubernetesApi } from '../../../src/activities/kubernetes/kubernetes-api.ts';
import { PlatformTerminalError } from '../../../src/activities/platform/errors.ts';
import { waitUntilListening } from '../../../src/activities/platform/helm/listening.ts';
import type { JsonObject } from '../../../src/contracts/json.ts';

/** A Deployment without readiness probe whose one pod is this process; `ready` says how each look finds it. */
function cluster(options: { ready?: boolean[]; restarts?: number } = {}) {
  const { ready = [], restarts = 0 } = options;
  let looks = 0;
  const container = { name: 'server', image: 'x' };
  const deployment = {
    metadata: { name: 'carts', generation: 1 },
    spec: { replicas: 1, template: { spec: { containers: [container] } } },
    status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
  } as unknown as V1Deployment;
  const pod = () => ({
    metadata: { name: 'carts-1' },
    spec: { containers: [container] },
    status: {
      podIP: '127.0.0.1',
      phase: 'Running',
      conditions: [{ type: 'Ready', status: (ready[looks++] ?? true) ? 'True' : 'False' }],
      containerStatuses: [{ ...container, ready: true, restartCount: restarts, state: { running: {} } }],
    },
  });
  const api = {
    get: async () => deployment,
    list: async ({ resource }: { resource: { kind: string } }) => (resource.kind === 'Pod' ? [pod()] : []),
    logs: async () => 'no database\n',
  } as unknown as KubernetesApi;
  return { api, deployment };
}

const ports = (...numbers: number[]): JsonObject => ({
  spec: { ports: numbers.map((port) => ({ port, name: `p${port}` })) },
});

async function listener(): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as { port: number }).port };
}

describe('pods without a readiness probe', function () {
  this.timeout(30_000);
  let open: { server: Server; port: number };
  let closed: number;
  const told: string[] = [];
  const context = { signal: new AbortController().signal, progress: (text: string) => void told.push(text) };

  before(async () => {
    open = await listener();
    const gone = await listener();
    closed = gone.port;
    await new Promise((resolve) => gone.server.close(resolve));
  });
  after(() => open.server.close());

  const waiting = (
    { api, deployment }: ReturnType<typeof cluster>,
    service: JsonObject,
    seconds = 20,
  ): Promise<void> => waitUntilListening(api, deployment, { namespace: 'shop', service, seconds, context });

  it('serve as soon as they accept connections', async () => {
    await waiting(cluster(), ports(open.port));
  });

  it('are waited for again when one was ready for a moment only, as a program that ends at once is', async () => {
    told.length = 0;
    await waiting(cluster({ ready: [false, false, true] }), ports(open.port));
    assert.ok(told.some((text) => text.includes('waiting until the pods of carts listen')));
  });

  it('are given up on at the end of the time, with the last words of those that have restarted', async () => {
    await assert.rejects(waiting(cluster({ restarts: 2 }), ports(closed), 1), (error: Error) => {
      assert.ok(error instanceof PlatformTerminalError);
      assert.match(error.message, /refuse connections on the Service's port; correct the port/);
      assert.match(error.message, /log server: no database/);
      return true;
    });
  });

  it('serve also when a port of the Service, say for a debugger, stays closed', async () => {
    told.length = 0;
    const { api, deployment } = cluster();
    const [low, high] = [80, 5005];
    const service = (opened: number): JsonObject => ({
      spec: {
        ports: [high, low].map((port) => ({ port, targetPort: port === opened ? open.port : closed })),
      },
    });
    const wait = { namespace: 'shop', service: service(low), seconds: 20, partlySeconds: 0.2, context };
    await waitUntilListening(api, deployment, wait);
    const late = { ...wait, service: service(high), seconds: 0.5 };
    const begin = Date.now();
    await waitUntilListening(api, deployment, late);
    assert.ok(Date.now() - begin >= 500, 'the routed port gets the whole time');
    assert.match(told.at(-1) ?? '', /do not listen on the Service's lowest port/);
    assert.match(told.join('\n'), /listen on some of the Service's ports only/);
  });
});
