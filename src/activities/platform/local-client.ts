import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import axios, { isAxiosError } from 'axios';
import { answerSchema, type Verb, type VerbRequest, type VerbResult } from './local-protocol.ts';
import type { EffectContext } from './platform.ts';

/** Where the local platform of `slipway dev` listens, and the token that it wants. */
export interface LocalPlatformAddress {
  endpoint: string;
  token: string;
}

/** The platform refused, or did not answer; the adapters turn it into the error of their port. */
export class LocalCallError extends Error {
  override readonly name = 'LocalCallError';
  readonly kind: 'terminal' | 'retryable';

  constructor(kind: LocalCallError['kind'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** The platform writes a line at least every five seconds while it works. */
const SILENCE_MILLISECONDS = 30_000;

/** Carries out one verb on the local platform. Throws LocalCallError; an aborted `context.signal` throws its reason. */
export async function callLocalPlatform<V extends Verb>(
  address: LocalPlatformAddress,
  verb: V,
  request: VerbRequest<V>,
  context?: EffectContext,
): Promise<VerbResult[V]> {
  context?.signal.throwIfAborted();
  const silence = new AbortController();
  const signal = context ? AbortSignal.any([context.signal, silence.signal]) : silence.signal;
  const silent = () => silence.abort();
  let timer = setTimeout(silent, SILENCE_MILLISECONDS);
  try {
    const response = await axios.post<Readable>(`${address.endpoint}/v1/${verb}`, request, {
      headers: { authorization: `Bearer ${address.token}` },
      responseType: 'stream',
      signal,
      maxRedirects: 0,
      proxy: false,
      validateStatus: () => true,
    });
    for await (const line of createInterface({ input: response.data, signal })) {
      clearTimeout(timer);
      timer = setTimeout(silent, SILENCE_MILLISECONDS);
      const answer = readAnswer(line, response.status);
      if ('progress' in answer) context?.progress(answer.progress);
      else if ('error' in answer) throw new LocalCallError(answer.error.kind, answer.error.message);
      else return answer.result as VerbResult[V]; // our own supervisor of the same release wrote it
    }
    throw new LocalCallError('retryable', `the local platform broke off its answer to ${verb}`);
  } catch (cause) {
    if (cause instanceof LocalCallError) throw cause;
    context?.signal.throwIfAborted();
    throw new LocalCallError('retryable', unreachable(address, silence.signal.aborted, cause), { cause });
  } finally {
    clearTimeout(timer);
  }
}

function readAnswer(line: string, status: number) {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (cause) {
    throw new LocalCallError('retryable', `the local platform answered nonsense (status ${status})`, {
      cause,
    });
  }
  const answer = answerSchema.safeParse(parsed);
  if (answer.success) return answer.data;
  throw new LocalCallError('retryable', `the local platform answered nonsense (status ${status})`);
}

function unreachable({ endpoint }: LocalPlatformAddress, silent: boolean, cause: unknown): string {
  const reason = silent
    ? `silent for ${SILENCE_MILLISECONDS / 1000} s`
    : isAxiosError(cause)
      ? (cause.code ?? cause.message)
      : String(cause);
  return `the local platform at ${endpoint} does not answer (${reason}); is \`slipway dev\` running?`;
}
