import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { PortInUseError } from './errors.ts';

/**
 * A port on 127.0.0.1 that is free now: `wanted` itself, or any when it is 0 or absent.
 * Throws PortInUseError, naming `purpose`, when the wanted one is taken.
 */
export async function freePort(purpose: string, wanted = 0): Promise<number> {
  const server = createServer();
  try {
    return await listenOn(server, purpose, wanted);
  } finally {
    if (server.listening) {
      server.close();
      await once(server, 'close');
    }
  }
}

/** Binds a server to 127.0.0.1 and answers its port; 0 means any. Throws PortInUseError. */
export async function listenOn(server: Server, purpose: string, wanted = 0): Promise<number> {
  server.listen({ port: wanted, host: '127.0.0.1' });
  try {
    await once(server, 'listening');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE') {
      throw new PortInUseError(
        `port ${wanted} for ${purpose} is in use by another program; end that program or choose another port (0 takes any free one)`,
        { cause },
      );
    }
    throw cause;
  }
  const address = server.address();
  if (typeof address === 'object' && address !== null) return address.port;
  throw new Error(`the server for ${purpose} has no port`);
}
