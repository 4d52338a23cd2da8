import { PassThrough } from 'node:stream';
import { Exec, KubeConfig, type V1Status } from '@kubernetes/client-node';

/** A container in a pod. */
export interface Container {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** What a command in a pod ended with. */
export interface ExecResult {
  readonly exitCode: number;
  readonly output: string;
}

const LIMIT_MS = 60_000;

/** Runs a command in a running container, as `kubectl exec` does; standard output and error come together. */
export async function execInPod(
  kubeconfig: string,
  { namespace, pod, container }: Container,
  argv: readonly string[],
): Promise<ExecResult> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const stream = new PassThrough();
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const status = await new Promise<V1Status>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${argv.join(' ')} in ${pod} takes too long`)), LIMIT_MS);
    new Exec(config)
      .exec(namespace, pod, container, [...argv], stream, stream, null, false, (end) => {
        clearTimeout(late);
        resolve(end);
      })
      .catch(reject);
  });
  const code = status.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
  const exitCode = status.status === 'Success' ? 0 : Number(code ?? 1);
  return { exitCode, output: Buffer.concat(chunks).toString('utf8') };
}
