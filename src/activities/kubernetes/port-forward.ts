import { type Duplex, Writable } from 'node:stream';
import { type KubeConfig, PortForward } from '@kubernetes/client-node';

/** The part of a WebSocket that is used here; the library's own types need a package that it does not bring. */
interface Tunnel {
  onclose: (() => void) | null;
  onerror: (() => void) | null;
  close(): void;
}

/**
 * Joins a connection with a port of a pod through the API server, as `kubectl port-forward` does; it ends when either side does.
 * Throws when the API server refuses.
 */
export async function forwardToPod(
  config: KubeConfig,
  pod: { namespace: string; name: string; port: number },
  connection: Duplex,
): Promise<void> {
  const end = (): void => void connection.destroy();
  const output = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      connection.write(chunk);
      done();
    },
  });
  // Text on this stream says that the pod cannot be reached on this port; it begins with an empty chunk.
  const refused = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (chunk.length > 0) end();
      done();
    },
  });
  const forward = new PortForward(config);
  const { namespace, name, port } = pod;
  const opened: unknown = await forward.portForward(namespace, name, [port], output, refused, connection);
  const tunnel = opened as Tunnel;
  tunnel.onclose = end;
  tunnel.onerror = end;
  connection.once('close', () => tunnel.close());
  if (connection.destroyed) tunnel.close();
}
