import type { LookupFunction } from 'node:net';
import axios, { AxiosError, type AxiosRequestConfig, type AxiosResponse } from 'axios';
import type { JsonObject } from '../../contracts/json.ts';
import type { RequestTemplate } from '../../files/curl-command.ts';
import { renderTemplate } from '../../files/go-template.ts';
import { WebhookTerminalError } from './webhook-config.ts';
import type { WebhookGuard } from './webhook-guard.ts';

/** Bytes of an answer that are kept in the finished event. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** Characters of an answer that an error message shows. */
const SHOWN_ANSWER = 500;

/** How a request may be carried out. */
export interface RequestOptions {
  guard: WebhookGuard;
  /** Milliseconds. */
  timeoutMs: number;
  signal: AbortSignal;
}

/** A request whose templates have been replaced. */
export interface RenderedRequest {
  url: URL;
  method: string;
  headers: { [name: string]: string };
  payload: string;
  timeoutMs?: number;
  followRedirects: boolean;
}

/** Replaces the templates of a request; throws TemplateError and WebhookTerminalError, which no retry can heal. */
export function renderRequest(template: RequestTemplate, data: JsonObject): RenderedRequest {
  const address = renderTemplate(template.url, data).trim();
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `http://${address}`;
  if (!URL.canParse(text))
    throw new WebhookTerminalError('the URL of the webhook is no address after its templates are replaced');
  const headers: { [name: string]: string } = {};
  for (const { key, value } of template.headers)
    headers[key] = renderTemplate(value, data).replaceAll(/[\r\n]/g, ' ');
  const payload = renderTemplate(template.payload, data);
  const named = Object.keys(headers).map((name) => name.toLowerCase());
  // What curl sent when the file named no type.
  if (payload !== '' && !named.includes('content-type'))
    headers['Content-Type'] = 'application/x-www-form-urlencoded';
  if (template.user !== undefined && !named.includes('authorization')) {
    const user = renderTemplate(template.user, data);
    headers.Authorization = `Basic ${Buffer.from(user).toString('base64')}`;
  }
  return {
    url: new URL(text),
    method: template.method,
    headers,
    payload,
    followRedirects: template.followRedirects === true,
    ...(template.timeoutMs === undefined ? {} : { timeoutMs: template.timeoutMs }),
  };
}

/** Sends a request; answers the body. Throws WebhookTerminalError for any other status than 2xx and when nobody answers. */
export async function sendRequest(request: RenderedRequest, options: RequestOptions): Promise<string> {
  options.guard.check(request.url);
  const where = `${request.method} ${request.url.origin}${request.url.pathname}`;
  let answer: AxiosResponse<string>;
  try {
    answer = await axios.request<string>(requestConfig(request, options));
  } catch (error) {
    options.signal.throwIfAborted();
    throw broken(where, error, request.timeoutMs ?? options.timeoutMs);
  }
  if (answer.status >= 200 && answer.status < 300) return answer.data;
  throw new WebhookTerminalError(`${where} answered ${answer.status}: ${answer.data.slice(0, SHOWN_ANSWER)}`);
}

function requestConfig(
  request: RenderedRequest,
  { guard, timeoutMs, signal }: RequestOptions,
): AxiosRequestConfig {
  const timeout = request.timeoutMs ?? timeoutMs;
  return {
    method: request.method,
    url: request.url.href,
    headers: request.headers,
    ...(request.payload === '' ? {} : { data: request.payload }),
    timeout,
    // axios' timeout does not cover an answer that trickles in; the signal does.
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
    maxContentLength: MAX_ANSWER_BYTES,
    responseType: 'text',
    transformRequest: (body: unknown) => body,
    transformResponse: (body: string) => body ?? '',
    validateStatus: () => true,
    // A proxy would resolve the name again and escape the guard.
    proxy: false,
    maxRedirects: request.followRedirects ? 5 : 0,
    beforeRedirect: (next: { hostname?: string }) => {
      if (next.hostname === request.url.hostname) return;
      throw new WebhookTerminalError(
        `the webhook was redirected to another host, ${next.hostname ?? 'unknown'}`,
      );
    },
    lookup: guardedLookup(guard, request.url) as NonNullable<AxiosRequestConfig['lookup']>,
  };
}

function guardedLookup(guard: WebhookGuard, url: URL): LookupFunction {
  return (_hostname, { all }, callback) => {
    guard.resolve(url).then(
      ({ address, family }) => {
        if (all === true) callback(null, [{ address, family }]);
        else callback(null, address, family);
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), '', 4),
    );
  };
}

function broken(where: string, error: unknown, timeoutMs: number): unknown {
  if (!(error instanceof AxiosError)) return error;
  const own = ownCause(error);
  if (own !== undefined) return own;
  if (error.message.startsWith('maxContentLength')) {
    return new WebhookTerminalError(`${where} answered more than ${MAX_ANSWER_BYTES} bytes`);
  }
  const timedOut = error.code === AxiosError.ERR_CANCELED || error.code === AxiosError.ECONNABORTED;
  const reason = timedOut
    ? `did not answer within ${timeoutMs / 1000} s`
    : `cannot be reached: ${error.code ?? error.message}`;
  return new WebhookTerminalError(`${where} ${reason}`);
}

/** The refusal of the guard or of a redirect, which comes back wrapped in errors of the HTTP client. */
function ownCause(error: unknown): WebhookTerminalError | undefined {
  if (error instanceof WebhookTerminalError) return error;
  return error instanceof Error && error.cause !== undefined ? ownCause(error.cause) : undefined;
}
