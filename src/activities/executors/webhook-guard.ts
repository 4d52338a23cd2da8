import { lookup as resolve } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { globMatches } from './globs.ts';
import { WebhookTerminalError } from './webhook-config.ts';

/** Names that lead into the cluster or to this machine (webhook-service 1.4.5 and common metadata services). */
const DENIED_NAMES = [
  'localhost',
  '*.localhost',
  'kubernetes',
  'kubernetes.*',
  '*.svc',
  '*.svc.*',
  '*.cluster.local',
  'metadata',
  'metadata.google.internal',
  'instance-data',
];

const DENIED_ADDRESSES = deniedAddresses();

/** What an operator allows and forbids besides the built-in rules. */
export interface WebhookHosts {
  /** `host` or `host:port` that may be called in spite of the rules. */
  allowed: readonly string[];
  /** Globs of hosts that may never be called. */
  denied: readonly string[];
}

/** Keeps webhooks away from this machine, the cluster's own services and the metadata services of clouds. */
export class WebhookGuard {
  readonly #hosts: WebhookHosts;

  constructor(hosts: WebhookHosts) {
    this.#hosts = hosts;
  }

  /** True when an operator has allowed the address by name. */
  allows(url: URL): boolean {
    return this.#hosts.allowed.includes(url.hostname) || this.#hosts.allowed.includes(url.host);
  }

  /** Throws WebhookTerminalError when the address as written must not be called. */
  check(url: URL): void {
    if (!/^https?:$/.test(url.protocol))
      throw new WebhookTerminalError(`webhooks call http and https only, not ${url.protocol}`);
    const host = url.hostname.toLowerCase().replace(/\.$/, '');
    if (this.#hosts.denied.some((glob) => globMatches(glob, host))) throw refused(url.host);
    if (this.allows(url)) return;
    if (DENIED_NAMES.some((glob) => globMatches(glob, host))) throw refused(url.host);
    const address = host.replace(/^\[|\]$/g, '');
    if (isIP(address) !== 0 && isDenied(address)) throw refused(url.host);
  }

  /**
   * Resolves the address's host for the connection itself, so that a name cannot point elsewhere between check and call.
   * Throws WebhookTerminalError when one of its addresses must not be called.
   */
  async resolve(url: URL): Promise<{ address: string; family: 4 | 6 }> {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const addresses = await resolve(host, { all: true });
    const [first] = addresses;
    if (first === undefined)
      throw new WebhookTerminalError(`the host ${url.host} of the webhook has no address`);
    if (!this.allows(url) && addresses.some(({ address }) => isDenied(address))) throw refused(url.host);
    return { address: first.address, family: first.family === 6 ? 6 : 4 };
  }
}

function refused(host: string): WebhookTerminalError {
  return new WebhookTerminalError(
    `webhooks must not call ${host}: it is this machine, the cluster or a denied host; an operator can allow it by name`,
  );
}

function isDenied(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return isDenied(mapped);
  return DENIED_ADDRESSES.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** Loopback, unspecified and link-local addresses; 169.254.169.254 is where clouds answer with credentials. */
function deniedAddresses(): BlockList {
  const list = new BlockList();
  list.addSubnet('0.0.0.0', 8, 'ipv4');
  list.addSubnet('127.0.0.0', 8, 'ipv4');
  list.addSubnet('169.254.0.0', 16, 'ipv4');
  list.addSubnet('::', 127, 'ipv6');
  list.addSubnet('fe80::', 10, 'ipv6');
  list.addSubnet('::ffff:127.0.0.0', 104, 'ipv6');
  list.addSubnet('::ffff:169.254.0.0', 112, 'ipv6');
  list.addAddress('fd00:ec2::254', 'ipv6');
  const apiServer = process.env.KUBERNETES_SERVICE_HOST ?? '';
  if (isIP(apiServer) === 4) list.addAddress(apiServer, 'ipv4');
  if (isIP(apiServer) === 6) list.addAddress(apiServer, 'ipv6');
  return list;
}
