import axios, { AxiosError, type AxiosResponse } from 'axios';
import { z } from 'zod';
import { SliRetryableError } from './errors.ts';

/** Where Prometheus is and how to get in; the address holds no credentials. */
export interface PrometheusTarget {
  url: string;
  user?: string;
  password?: string;
}

/** Bounds of one request. */
export interface PrometheusLimits {
  /** Milliseconds. Default 30,000. */
  timeoutMs: number;
  /** Bytes of one answer. Default 10 MiB. */
  maxBytes: number;
}

/** A series with its values, oldest first; times in seconds since 1970. */
export interface Series {
  labels: { [name: string]: string };
  points: { time: number; value: string }[];
}

/** What a query gave, or in Prometheus' own words why it failed for good. */
export type QueryAnswer = { type: string; series: Series[] } | { failure: string };

const point = z.tuple([z.number(), z.string()]);
const series = z.object({
  metric: z.record(z.string(), z.string()),
  value: point.optional(),
  values: z.array(point).optional(),
});
const success = z.object({
  status: z.literal('success'),
  data: z.object({ resultType: z.string(), result: z.unknown() }),
});
const failure = z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() });

/** Evaluates a query at one instant (seconds since 1970). Throws SliRetryableError when a later try may succeed. */
export function instantQuery(
  connection: PrometheusConnection,
  query: string,
  time: number,
): Promise<QueryAnswer> {
  return connection.send('query', { query, time: String(time) });
}

/** Evaluates a query over a range; times and step in seconds. Throws SliRetryableError like instantQuery. */
export function rangeQuery(
  connection: PrometheusConnection,
  query: string,
  { start, end, step }: { start: number; end: number; step: number },
): Promise<QueryAnswer> {
  return connection.send('query_range', {
    query,
    start: String(start),
    end: String(end),
    step: String(step),
  });
}

/** Sends queries to one Prometheus; answers are limited in time and size, redirects are not followed. */
export class PrometheusConnection {
  readonly #target: PrometheusTarget;
  readonly #limits: PrometheusLimits;
  readonly #signal: AbortSignal;

  constructor(target: PrometheusTarget, limits: PrometheusLimits, signal: AbortSignal) {
    this.#target = target;
    this.#limits = limits;
    this.#signal = signal;
  }

  /** One call of the HTTP API: a form by POST; a proxy that refuses POST is asked by GET. */
  async send(path: 'query' | 'query_range', form: { [key: string]: string }): Promise<QueryAnswer> {
    const posted = await this.#request('POST', path, form);
    const refusesPost = 'status' in posted && (posted.status === 405 || posted.status === 501);
    const answer = refusesPost ? await this.#request('GET', path, form) : posted;
    if ('failure' in answer) return answer;
    return this.#read(answer);
  }

  async #request(
    method: 'GET' | 'POST',
    path: string,
    form: { [key: string]: string },
  ): Promise<AxiosResponse<string> | { failure: string }> {
    const { url, user, password } = this.#target;
    const fields = new URLSearchParams(form);
    try {
      return await axios.request<string>({
        method,
        url: `${url}/api/v1/${path}`,
        ...(method === 'POST' ? { data: fields } : { params: fields }),
        ...(user === undefined ? {} : { auth: { username: user, password: password ?? '' } }),
        timeout: this.#limits.timeoutMs,
        // axios' timeout does not cover an answer that trickles in; the signal does.
        signal: AbortSignal.any([this.#signal, AbortSignal.timeout(this.#limits.timeoutMs)]),
        maxContentLength: this.#limits.maxBytes,
        maxRedirects: 0,
        responseType: 'text',
        transformResponse: (body: string) => body,
        validateStatus: () => true,
      });
    } catch (error) {
      return this.#broken(error);
    }
  }

  #broken(error: unknown): { failure: string } {
    this.#signal.throwIfAborted();
    if (!(error instanceof AxiosError)) throw error;
    if (error.message.startsWith('maxContentLength')) {
      return {
        failure: `the answer is larger than ${this.#limits.maxBytes} bytes; let the query return one number`,
      };
    }
    const timedOut = error.code === AxiosError.ERR_CANCELED || error.code === AxiosError.ECONNABORTED;
    const reason = timedOut
      ? `did not answer within ${this.#limits.timeoutMs / 1000} s`
      : `cannot be reached: ${error.code ?? error.message}`;
    throw new SliRetryableError(
      `Prometheus at ${this.#target.url} ${reason}; is it running, and is the address right?`,
    );
  }

  #read(answer: AxiosResponse<string>): QueryAnswer {
    const body = parseJson(answer.data);
    const refused = failure.safeParse(body);
    if (answer.status === 429 || answer.status >= 500) {
      const said = refused.success ? `: ${refused.data.errorType}: ${refused.data.error}` : '';
      throw new SliRetryableError(`Prometheus at ${this.#target.url} answered ${answer.status}${said}`);
    }
    if (refused.success) return { failure: `${refused.data.errorType}: ${refused.data.error}` };
    if (answer.status >= 400) return { failure: `client_error: client error: ${answer.status}` };
    const good = success.safeParse(body);
    if (answer.status !== 200 || !good.success) {
      return { failure: `bad_response: status ${answer.status} with a body that is no answer of Prometheus` };
    }
    const { resultType, result } = good.data.data;
    if (resultType !== 'vector' && resultType !== 'matrix') return { type: resultType, series: [] };
    const list = z.array(series).safeParse(result);
    if (!list.success) return { failure: 'bad_response: the result is no list of series' };
    return { type: resultType, series: list.data.map(seriesOf) };
  }
}

function seriesOf({ metric, value, values }: z.infer<typeof series>): Series {
  const points = values ?? (value === undefined ? [] : [value]);
  return { labels: metric, points: points.map(([time, text]) => ({ time, value: text })) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
