import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { PlatformRetryableError, PlatformTerminalError } from '../../activities/platform/errors.ts';
import {
  MAX_REQUEST_BYTES,
  type Verb,
  type VerbRequest,
  type VerbResult,
  verbs,
} from '../../activities/platform/local-protocol.ts';
import { listenOn } from '../ports.ts';
import type { ProcessGroup } from '../processes/process-group.ts';
import { formatIssues } from './format-issues.ts';
import type { Progress } from './local-service.ts';
import { LocalServices } from './local-services.ts';

export interface PlatformServerOptions {
  port?: number;
  /** Bearer token that callers must send; a random one when absent. */
  token?: string;
  onProgress?: Progress;
}

export interface PlatformServer {
  endpoint: string;
  token: string;
  /** Stops all services, then the server; the state file keeps what ran. */
  stop(): Promise<void>;
}

/** Milliseconds between two lines of an answer that takes long, so that nobody takes it for dead. */
const LINE_INTERVAL = 5000;

type Handlers = {
  [V in Verb]: (
    services: LocalServices,
    request: VerbRequest<V>,
    progress: Progress,
  ) => VerbResult[V] | Promise<VerbResult[V]>;
};

const handlers: Handlers = {
  deploy: (services, request, progress) => services.deploy(request, progress),
  promote: (services, request, progress) => services.promote(request, progress),
  retire: (services, request) => services.retire(request),
  scale: (services, request, progress) => services.scale(request, progress),
  undeploy: (services, request) => services.undeploy(request),
  endpoints: (services, request) => services.endpoints(request),
  effect: (services, request) => services.effect(request),
  weights: (services, request) => services.setWeights(request),
  observe: (services, request) => services.observe(request),
  drained: (services, request) => services.drained(request),
};

/**
 * The local platform: restores the services of the state directory and serves the verbs of local-protocol on 127.0.0.1. It lives in
 * the supervisor, so that the end of a worker leaves the services alone. Throws PortInUseError, EmbeddedStartError.
 */
export async function startPlatformServer(
  processes: ProcessGroup,
  options: PlatformServerOptions = {},
): Promise<PlatformServer> {
  const token = options.token ?? randomBytes(24).toString('base64url');
  const onProgress = options.onProgress ?? (() => undefined);
  const services = new LocalServices(processes, onProgress);
  await services.restore(onProgress);
  const server = createServer((request, response) => {
    void serve(services, token, { request, response });
  });
  const port = await listenOn(server, 'the local platform', options.port);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    token,
    async stop() {
      server.close();
      server.closeAllConnections();
      await services.close();
    },
  };
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
}

async function serve(services: LocalServices, token: string, { request, response }: Exchange): Promise<void> {
  const line = (value: object) => response.write(`${JSON.stringify(value)}\n`);
  response.on('error', () => undefined); // a caller that went away; the work goes on, and its retry finds it done
  response.setHeader('content-type', 'application/jsonl');
  const timer = setInterval(() => line({ progress: 'still working' }), LINE_INTERVAL);
  try {
    authorize(request, token);
    const verb = verbOf(request);
    const work = callOf(verb, await readBody(request));
    line({ result: await work(services, (progress) => line({ progress })) });
  } catch (error) {
    line({ error: { kind: kindOf(error), message: error instanceof Error ? error.message : String(error) } });
  } finally {
    clearInterval(timer);
    response.end();
  }
}

function kindOf(error: unknown): 'terminal' | 'retryable' {
  return error instanceof PlatformTerminalError ? 'terminal' : 'retryable';
}

function authorize(request: IncomingMessage, token: string): void {
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
    throw new PlatformTerminalError(
      'the local platform refused the token: read endpoint and token from the running `slipway dev`',
    );
  }
}

function verbOf(request: IncomingMessage): Verb {
  const name = /^\/v1\/([a-z]+)$/.exec(request.url ?? '')?.[1] ?? '';
  if (request.method === 'POST' && Object.hasOwn(verbs, name)) return name as Verb;
  throw new PlatformTerminalError(`the local platform knows no ${request.method} ${request.url}`);
}

function callOf<V extends Verb>(verb: V, body: unknown) {
  const parsed = verbs[verb].safeParse(body);
  if (!parsed.success) {
    throw new PlatformTerminalError(
      `the local platform refused the request ${verb}: ${formatIssues(parsed.error)}`,
    );
  }
  const request = parsed.data as VerbRequest<V>;
  return async (services: LocalServices, progress: Progress) => handlers[verb](services, request, progress);
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_REQUEST_BYTES) {
      throw new PlatformTerminalError(`the request is larger than ${MAX_REQUEST_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (cause) {
    throw new PlatformRetryableError('the request is no JSON', { cause });
  }
}
