import type { ConfigRepo } from '../config/config-repo.ts';
import { ScopedFiles } from '../config/scoped-files.ts';
import type { EffectContext } from '../platform/platform.ts';
import { inParallel } from './in-parallel.ts';
import {
  instantQuery,
  PrometheusConnection,
  type PrometheusLimits,
  type QueryAnswer,
  rangeQuery,
} from './prometheus-api.ts';
import { prometheusQuery } from './prometheus-queries.ts';
import { prometheusTarget, type SecretLookup } from './prometheus-target.ts';
import { readIndicators } from './sli-files.ts';
import type { SliAnswer, SliProvider, SliRequest, SliValue } from './sli-provider.ts';
import { parseWindow } from './window.ts';

const SLI_FILE = 'prometheus/sli.yaml';
/** Queries in flight at once: more would only queue up in Prometheus. */
const PARALLEL = 4;

/** What the provider needs; limits default to 30 s and 10 MiB per query. */
export interface PrometheusOptions {
  config: ConfigRepo;
  secret: SecretLookup;
  /** Address for projects without a secret of their own. */
  endpoint?: string;
  limits?: Partial<PrometheusLimits>;
}

/** Measured values over time, for comparing two sides over the same window. */
export interface RangeAnswer {
  metric: string;
  success: boolean;
  message?: string;
  query?: string;
  /** Seconds since 1970, one per value. */
  times: number[];
  values: number[];
}

/** The SLI provider `prometheus` with the rules and message texts of prometheus-service 0.9. */
export class PrometheusProvider implements SliProvider {
  readonly name = 'prometheus';
  readonly #files: ScopedFiles;
  readonly #secret: SecretLookup;
  readonly #endpoint: string | undefined;
  readonly #limits: PrometheusLimits;

  constructor({ config, secret, endpoint, limits }: PrometheusOptions) {
    this.#files = new ScopedFiles(config);
    this.#secret = secret;
    this.#endpoint = endpoint;
    this.#limits = { timeoutMs: 30_000, maxBytes: 10 * 1024 * 1024, ...limits };
  }

  /** One instant query per indicator at the end of the window. */
  async fetch(request: SliRequest, context: EffectContext): Promise<SliAnswer> {
    const { endMs } = parseWindow(request);
    const values = await this.#each(request, context, async (metric, query, connection) => {
      const read = singleValue(await instantQuery(connection, query, endMs / 1000));
      return typeof read === 'number'
        ? { metric, value: read, success: true, query }
        : failed(metric, read, query);
    });
    return { ...outcome(values), start: request.start, end: request.end, values };
  }

  /**
   * One range query per indicator over the whole window, a value every `stepSeconds`. Placeholders are replaced as in
   * `fetch`, so a comparison asks twice: with deployment canary and with primary. Values that are no numbers are left out.
   */
  fetchRange(request: SliRequest, stepSeconds: number, context: EffectContext): Promise<RangeAnswer[]> {
    const { startMs, endMs } = parseWindow(request);
    const range = { start: startMs / 1000, end: endMs / 1000, step: stepSeconds };
    return this.#each(request, context, async (metric, query, connection) => {
      return rangeValues(metric, query, await rangeQuery(connection, query, range));
    });
  }

  async #each<T>(
    request: SliRequest,
    { signal, progress }: EffectContext,
    ask: (metric: string, query: string, connection: PrometheusConnection) => Promise<T>,
  ): Promise<(T | (SliValue & RangeAnswer))[]> {
    const { seconds } = parseWindow(request);
    const queries = await readIndicators(this.#files, request, SLI_FILE);
    const target = await prometheusTarget(request.project, this.#secret, this.#endpoint);
    const connection = new PrometheusConnection(target, this.#limits, signal);
    let done = 0;
    return inParallel(request.indicators, PARALLEL, async (metric) => {
      const query = prometheusQuery(metric, request, { queries, seconds });
      const answer = query === undefined ? unsupported(metric) : await ask(metric, query, connection);
      progress(`${++done} of ${request.indicators.length} SLIs`);
      return answer;
    });
  }
}

/** The one value of an instant query, or in prometheus-service's words why there is none. */
function singleValue(answer: QueryAnswer): number | string {
  if ('failure' in answer) return `unable to query prometheus api: ${answer.failure}`;
  if (answer.type !== 'vector') return `prometheus api response is not a Vector: ${answer.type}`;
  const [first, ...others] = answer.series;
  const text = first?.points[0]?.value;
  if (text === undefined) return 'query did not return any values';
  if (others.length > 0) return 'query did return multiple values';
  const value = goNumber(text);
  if (Number.isNaN(value)) return 'query did not return valid values';
  // Keptn took infinity and then could not send its event, because JSON has no such number.
  if (!Number.isFinite(value)) return `query did return ${text}, which is no finite number`;
  return value;
}

function rangeValues(metric: string, query: string, answer: QueryAnswer): RangeAnswer {
  const refused = (message: string): RangeAnswer => ({
    metric,
    success: false,
    message,
    query,
    times: [],
    values: [],
  });
  if ('failure' in answer) return refused(`unable to query prometheus api: ${answer.failure}`);
  if (answer.type !== 'matrix') return refused(`prometheus api response is not a Matrix: ${answer.type}`);
  const [first, ...others] = answer.series;
  if (first === undefined) return refused('query did not return any values');
  if (others.length > 0) return refused('query did return multiple values');
  const points = first.points
    .map(({ time, value }) => ({ time, value: goNumber(value) }))
    .filter(({ value }) => Number.isFinite(value));
  return {
    metric,
    success: true,
    query,
    times: points.map(({ time }) => time),
    values: points.map(({ value }) => value),
  };
}

function goNumber(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  return text.trim() === '' ? Number.NaN : Number(text);
}

function failed(metric: string, message: string, query: string): SliValue {
  return { metric, value: 0, success: false, message, query };
}

function unsupported(metric: string): SliValue & RangeAnswer {
  return { metric, value: 0, success: false, message: 'unsupported SLI', times: [], values: [] };
}

/** Some failed: warning. All failed: fail. No indicators: pass (prometheus-service 0.9). */
function outcome(values: readonly SliValue[]): Pick<SliAnswer, 'status' | 'result' | 'message'> {
  const good = values.filter(({ success }) => success).length;
  if (good === values.length) return { status: 'succeeded', result: 'pass', message: '' };
  if (good > 0) return { status: 'succeeded', result: 'warning', message: '' };
  return { status: 'succeeded', result: 'fail', message: 'unable to retrieve metrics' };
}
