import { connect, createServer, type Server, type Socket } from 'node:net';
import { startPglite } from '../../src/store/pglite.ts';
import { postgresPrograms, startPostgres } from '../contract/postgres.ts';
import { stopTemporal, temporal } from '../support/temporal.ts';

/** What Slipway needs beside a cluster, on this machine and reachable from pods: Temporal and a database. */
export interface HostServices {
  readonly temporalAddress: string;
  readonly storeUrl: string;
  stop(): Promise<void>;
}

/** Starts Temporal's development server and Postgres (PGlite where none is installed) and opens both on the node's address. */
export async function startHostServices(nodeIp: string): Promise<HostServices> {
  const programs = postgresPrograms();
  const database = programs === undefined ? await startPglite({}) : await startPostgres(programs);
  const { environment } = await temporal();
  const store = new URL(database.url);
  const forwarders = await Promise.all([
    Forwarder.start(nodeIp, environment.address),
    Forwarder.start(nodeIp, store.host),
  ]);
  const [toTemporal, toStore] = forwarders.map(({ address }) => address);
  store.host = toStore ?? '';
  return {
    temporalAddress: toTemporal ?? '',
    storeUrl: store.href,
    stop: async () => {
      for (const forwarder of forwarders) forwarder.stop();
      await stopTemporal();
      await database.stop();
    },
  };
}

/** Passes TCP connections from one address on to another one. */
class Forwarder {
  readonly address: string;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  constructor(server: Server, address: string, sockets: Set<Socket>) {
    this.#server = server;
    this.address = address;
    this.#sockets = sockets;
  }

  static async start(host: string, to: string): Promise<Forwarder> {
    const { hostname, port } = new URL(`tcp://${to}`);
    const sockets = new Set<Socket>();
    const server = createServer((incoming) => {
      const outgoing = connect(Number(port), hostname);
      for (const [socket, other] of [
        [incoming, outgoing],
        [outgoing, incoming],
      ] as const) {
        sockets.add(socket);
        socket.pipe(other);
        socket.on('error', () => other.destroy());
        socket.on('close', () => {
          sockets.delete(socket);
          other.destroy();
        });
      }
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, host, () => resolve());
    });
    const bound = server.address();
    if (bound === null || typeof bound === 'string') throw new Error('a forwarder has no port');
    return new Forwarder(server, `${host}:${bound.port}`, sockets);
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
