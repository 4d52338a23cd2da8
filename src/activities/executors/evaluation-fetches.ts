import type { SampleFetch, SliFetch } from '../../contracts/activities.ts';
import type { EvaluationInput } from '../../contracts/workflows.ts';
import type { Slo } from '../../gate/types.ts';
import { parseWindow } from '../sli/window.ts';
import { sampleStep } from './evaluation-window.ts';
import { objectAt, textMap, textsAt } from './payload.ts';

/** The time that is judged, as texts. */
export interface EvaluatedWindow {
  start: string;
  end: string;
}

/** What one query to a provider depends on besides the event. */
export interface FetchParts {
  provider: string;
  slo: Slo | null;
  window: EvaluatedWindow;
}

/** The question for the SLIs of slo.yaml in its order; for none without a file. */
export function sliFetch(request: EvaluationInput, { provider, slo, window }: FetchParts): SliFetch {
  const { project, stage, service, gitCommitId, triggered } = request;
  return {
    project,
    stage,
    service,
    provider,
    indicators: slo?.objectives.map(({ sli }) => sli) ?? [],
    ...window,
    deployment: textsAt(objectAt(triggered.data, 'deployment'), 'deploymentNames')[0] ?? '',
    labels: textMap(triggered.data.labels),
    customFilters: Object.entries(slo?.filter ?? {}).map(([key, value]) => ({ key, value })),
    gitCommitId,
  };
}

/** The SLIs that canary and primary are compared by; one query serves them all. */
export function sampleFetches(
  { triggered }: EvaluationInput,
  { fetch, slo }: { fetch: SliFetch; slo: Slo },
): SampleFetch[] {
  const compared = slo.objectives.filter(({ extensions }) => extensions?.compare !== undefined);
  const indicators = [...new Set(compared.map(({ sli }) => sli))];
  if (indicators.length === 0) return [];
  const { seconds } = parseWindow(fetch);
  return [{ ...fetch, indicators, stepSeconds: sampleStep(triggered.data, seconds) }];
}
