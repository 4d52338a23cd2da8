import type { SliRequest } from './sli-provider.ts';

/**
 * The query of an indicator: from sli.yaml, else one of the built-in ones; undefined for an unknown name.
 * `seconds` is the length of the window (prometheus-service 0.9).
 */
export function prometheusQuery(
  indicator: string,
  request: SliRequest,
  { queries, seconds }: { queries: ReadonlyMap<string, string>; seconds: number },
): string | undefined {
  const query = queries.get(indicator);
  return query === undefined
    ? builtInQuery(indicator, request, seconds)
    : replacePlaceholders(query, request, seconds);
}

/**
 * Plain text replacement in prometheus-service's order: filters (so a filter `service` wins over `$SERVICE`), then
 * project, stage, service, deployment, then labels, then the duration with its unit. Unknown placeholders stay.
 * Labels are replaced longest first, where Go's random order let `$LABEL.a` eat the start of `$LABEL.ab`.
 */
function replacePlaceholders(query: string, request: SliRequest, seconds: number): string {
  let text = query;
  for (const { key, value } of request.customFilters) {
    const plain = value.replaceAll(/['"]/g, '');
    text = text.replaceAll(`$${key}`, () => plain).replaceAll(`$${key.toUpperCase()}`, () => plain);
  }
  const { project, stage, service, labels } = request;
  text = text
    .replaceAll('$PROJECT', () => project)
    .replaceAll('$STAGE', () => stage)
    .replaceAll('$SERVICE', () => service)
    .replaceAll('$DEPLOYMENT', () => deploymentOf(request));
  for (const label of Object.keys(labels).sort((a, b) => b.length - a.length)) {
    text = text.replaceAll(`$LABEL.${label}`, () => labels[label] ?? '');
  }
  return text.replaceAll('$DURATION_SECONDS', () => `${seconds}s`);
}

/** The label `deployment` wins over the event's deployment; without both it is the primary. */
function deploymentOf({ deployment, labels }: SliRequest): string {
  if (Object.hasOwn(labels, 'deployment')) return labels.deployment ?? '';
  return deployment === '' ? 'primary' : deployment;
}

const QUANTILES: ReadonlyMap<string, string> = new Map([
  ['response_time_p50', '0.50'],
  ['response_time_p90', '0.90'],
  ['response_time_p95', '0.95'],
]);

function builtInQuery(indicator: string, request: SliRequest, seconds: number): string | undefined {
  const filter = filterExpression(request);
  const all = `sum(rate(http_requests_total{${filter}}[${seconds}s]))`;
  if (indicator === 'throughput') return all;
  if (indicator === 'error_rate') {
    return `sum(rate(http_requests_total{${filter},status!~'2..'}[${seconds}s]))/${all}`;
  }
  const quantile = QUANTILES.get(indicator);
  if (quantile === undefined) return undefined;
  const buckets = `http_response_time_milliseconds_bucket{${filter}}[${seconds}s]`;
  return `histogram_quantile(${quantile}, sum(rate(${buckets}))by(le))`;
}

/** The job is always the canary's unless a filter names another one. */
function filterExpression({ project, stage, service, customFilters }: SliRequest): string {
  const filters = customFilters.map(({ key, value }) =>
    /^(=|!=|=~|!~)/.test(value) ? `${key}${value}` : `${key}='${value.replaceAll(/['"]/g, '')}'`,
  );
  const job = customFilters.some(({ key }) => key === 'job');
  return (job ? filters : [`job='${service}-${project}-${stage}-canary'`, ...filters]).join(',');
}
