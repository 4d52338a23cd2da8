import axios, { type AxiosInstance, type AxiosResponse } from 'axios';
import type { z } from 'zod';
import {
  NotFoundError,
  RefusedError,
  UnauthorizedError,
  UnexpectedAnswerError,
  UnreachableError,
} from './errors.ts';
import { resending } from './resend.ts';

/** Where the API is, and how patient the SDK is with it. */
export interface HttpOptions {
  /** Base address, for example `http://127.0.0.1:8080/api`. */
  endpoint: string;
  token?: string | undefined;
  /** Milliseconds for one request. Default 30,000. */
  timeoutMs?: number | undefined;
}

/** One request below the base address. */
export interface HttpRequest<Answer> {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path segments; each one is escaped. */
  path: readonly string[];
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  body?: unknown;
  answer: z.ZodType<Answer>;
  /** Tells the server that a request sent again is the same one; GET requests are sent again without. */
  idempotencyKey?: string | undefined;
  signal?: AbortSignal | undefined;
}

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** Sends requests to the Keptn-compatible API: time and size limits, no redirects, errors by type. */
export class ApiHttp {
  readonly endpoint: string;
  readonly #axios: AxiosInstance;

  constructor(options: HttpOptions) {
    this.endpoint = options.endpoint.replace(/\/+$/, '');
    this.#axios = axios.create({
      timeout: options.timeoutMs ?? 30_000,
      maxContentLength: MAX_ANSWER_BYTES,
      maxBodyLength: MAX_BODY_BYTES,
      maxRedirects: 0,
      responseType: 'text',
      transformResponse: (text: unknown) => text,
      validateStatus: () => true,
      headers: {
        'Content-Type': 'application/json',
        ...(options.token === undefined ? {} : { 'x-token': options.token }),
      },
    });
  }

  /** The parsed answer of a 2xx. Throws the errors of errors.ts, or the reason of the caller's own signal. */
  async send<Answer>(request: HttpRequest<Answer>): Promise<Answer> {
    const path = request.path.map(encodeURIComponent).join('/');
    const response = await this.#exchange(request, `${this.endpoint}/${path}`);
    const text = typeof response.data === 'string' ? response.data : '';
    if (response.status < 200 || response.status > 299) throw this.#failure(request, response, text);
    const parsed = request.answer.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    throw new UnexpectedAnswerError(
      `${this.#name(request)} answered in another shape than expected: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
      `check that ${this.endpoint} is the API of Slipway or Keptn`,
    );
  }

  async #exchange(request: HttpRequest<unknown>, url: string): Promise<AxiosResponse<unknown>> {
    const key = request.idempotencyKey;
    const exchange = () =>
      this.#axios.request<unknown>({
        method: request.method,
        url,
        ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
        ...(request.query === undefined ? {} : { params: request.query }),
        ...(request.body === undefined ? {} : { data: JSON.stringify(request.body) }),
        ...(request.signal === undefined ? {} : { signal: request.signal }),
      });
    try {
      const repeatable = request.method === 'GET' || key !== undefined;
      return await (repeatable ? resending(exchange, request.signal) : exchange());
    } catch (error) {
      request.signal?.throwIfAborted();
      throw this.#networkError(request, error);
    }
  }

  #networkError(request: HttpRequest<unknown>, error: unknown): Error {
    const code = axios.isAxiosError(error) ? error.code : undefined;
    const reason = error instanceof Error ? error.message || code : String(error);
    if (code === 'ERR_FR_MAX_BODY_LENGTH_EXCEEDED' || code === 'ERR_BAD_REQUEST') {
      return new RefusedError(
        `the request is larger than ${MAX_BODY_BYTES} bytes`,
        'send less at once: payloads travel in events and files, large evidence belongs elsewhere',
      );
    }
    if (code === 'ERR_BAD_RESPONSE') {
      return new UnexpectedAnswerError(
        `${this.#name(request)} was cut short: ${reason}`,
        'ask for less, or look at the log of the server',
        { cause: error },
      );
    }
    return new UnreachableError(
      `the API at ${this.endpoint} cannot be reached: ${reason}`,
      'start `slipway dev` or `slipway server`, or correct SLIPWAY_ENDPOINT',
      { cause: error },
    );
  }

  #failure(request: HttpRequest<unknown>, response: AxiosResponse<unknown>, text: string): Error {
    const { status } = response;
    const message = messageOf(text);
    if (status === 401 || status === 403) {
      return new UnauthorizedError(
        `the API at ${this.endpoint} refused the token (${status}${message === '' ? '' : `: ${message}`})`,
        'set SLIPWAY_TOKEN or --token to the token of this endpoint',
      );
    }
    if (status >= 300 && status < 400) {
      const location: unknown = response.headers.location;
      return new RefusedError(
        `the API at ${this.endpoint} redirects to ${typeof location === 'string' ? location : 'another address'}`,
        'set SLIPWAY_ENDPOINT to the address that it redirects to',
        status,
      );
    }
    const said = message === '' ? `${this.#name(request)} answered ${status}` : message;
    if (status === 404)
      return new NotFoundError(said, 'correct the name, or create it first; `slipway get` lists what exists');
    if (status >= 500)
      return new UnexpectedAnswerError(
        `the API failed: ${said} (${status})`,
        'look at the log of the server',
      );
    return new RefusedError(said, status === 413 ? 'send a smaller payload' : 'correct the request', status);
  }

  #name(request: HttpRequest<unknown>): string {
    return `${request.method} ${this.endpoint}/${request.path.join('/')}`;
  }
}

function parseJson(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

function messageOf(text: string): string {
  const body = parseJson(text);
  if (typeof body === 'object' && body !== null && 'message' in body && typeof body.message === 'string') {
    return body.message.trim();
  }
  return '';
}
