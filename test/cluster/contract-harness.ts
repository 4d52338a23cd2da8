import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RESOURCES } from '../../src/activities/kubernetes/resources.ts';
import { setReplicas } from '../../src/activities/platform/helm/live-objects.ts';
import type { Endpoints, Platform } from '../../src/activities/platform/platform.ts';
import { readyAddresses } from '../../src/activities/traffic/ready-addresses.ts';
import type { PlatformHarness } from '../contract/platform-harness.ts';
import { createService, type ServiceUnderTest } from './service-under-test.ts';
import type { RouterName, Target } from './target.ts';

/** Names inside the cluster mean nothing out here: forwarders stand in for its DNS. */
class Forwarder {
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  /** Listens on loopback and passes every request on to where `find` says, with that Host header. */
  static async start(find: () => Promise<{ url: string; host: string }>): Promise<Forwarder> {
    const server = createServer((incoming, answer) => {
      find().then(
        ({ url, host }) => {
          const onward = request(url, { method: incoming.method ?? 'GET', headers: { host } }, (response) => {
            answer.writeHead(response.statusCode ?? 502, response.headers);
            response.pipe(answer);
            response.on('error', () => answer.destroy());
          });
          onward.on('error', () => answer.destroy());
          onward.end();
        },
        () => answer.destroy(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Forwarder(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

let made = 0;

/** Harness of the contract suites on the real cluster: each call has a project and a namespace of its own. */
export async function clusterHarness(target: Target, router: RouterName): Promise<PlatformHarness> {
  made += 1;
  const project = `contract-${router}-${process.pid}-${made}`;
  const service = await createService(target, { project, router, rolloutTimeoutSeconds: 25 });
  const { namespace, api } = service;
  const through = async (name: string): Promise<{ url: string; host: string }> => {
    const [address] = await readyAddresses(api, { namespace, name });
    if (address === undefined) throw new Error(`${name} has no endpoint`);
    return { url: `http://${address}`, host: name };
  };
  const routed = await Forwarder.start(async () => {
    const weights = await service.traffic.written(service.ref);
    return weights === undefined ? through('helloservice') : { url: target.url(router), host: service.host };
  });
  const primary = await Forwarder.start(() => through('helloservice-primary'));
  const canary = await Forwarder.start(() => through('helloservice-canary'));
  const image = (version: string): { image: string } => ({ image: target.image(version) });
  return {
    platform: reachable(service, { routed: routed.url, primary: primary.url, canary: canary.url }),
    router: service.traffic,
    service: service.ref,
    serviceWithoutChart: { ...service.ref, service: 'nothing' },
    versions: {
      first: image('v1'),
      second: image('v2'),
      slow: image('slower'),
      broken: { ...image('none'), imagePullPolicy: 'Never' },
    },
    names: { first: 'v1', second: 'v2', slow: 'slower' },
    served: async (address) => {
      const response = await fetch(address, { signal: AbortSignal.timeout(10_000) });
      if (!response.ok) throw new Error(`status ${response.status}`);
      return (await response.text()).split(' ')[0] ?? '';
    },
    tearDown: async (side) => {
      const name = side === 'canary' ? 'helloservice' : 'helloservice-primary';
      await setReplicas(api, { namespace, name }, 0);
    },
    stop: async () => {
      for (const forwarder of [routed, primary, canary]) forwarder.stop();
      await service.platform.undeploy(service.ref, service.context);
      await api.delete({ resource: RESOURCES.namespace, name: namespace });
    },
  };
}

/** The platform with its addresses replaced by those of the forwarders. */
function reachable(
  service: ServiceUnderTest,
  urls: { routed: string; primary: string; canary: string },
): Platform {
  const { platform } = service;
  const endpoints = async (request: Parameters<Platform['endpoints']>[0]): Promise<Endpoints | undefined> => {
    const found = await platform.endpoints(request);
    if (found === undefined) return undefined;
    return {
      ...found,
      routed: urls.routed,
      ...(found.primary === undefined ? {} : { primary: urls.primary }),
      ...(found.canary === undefined ? {} : { canary: urls.canary }),
    };
  };
  return {
    deploy: async (request, context) => ({
      ...(await platform.deploy(request, context)),
      deploymentURIsLocal: [urls.routed],
    }),
    promote: (request, context) => platform.promote(request, context),
    retire: (request, context) => platform.retire(request, context),
    scale: (request, context) => platform.scale(request, context),
    undeploy: (request, context) => platform.undeploy(request, context),
    endpoints,
  };
}
