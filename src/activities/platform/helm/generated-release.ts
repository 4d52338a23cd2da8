import type { EffectContext, ServiceRef } from '../platform.ts';
import type { Chart } from './chart.ts';
import { type HelmCluster, releaseOf } from './helm-cluster.ts';
import { keptnValues, storeGeneratedChart } from './user-chart.ts';

/** Brings the release of the generated chart to the chart, and stores the chart beside the user's (helm-service 0.18). */
export async function carryOutGenerated(
  { steps, config }: Pick<HelmCluster, 'steps' | 'config'>,
  request: ServiceRef,
  step: {
    chart: Chart;
    deployment: 'primary' | 'direct';
    context: EffectContext;
    /** Name of the step, and the key that stays the same when it is repeated. */
    name: string;
    key: string;
  },
): Promise<void> {
  const { chart, context, deployment, name, key } = step;
  const values = keptnValues(request, deployment);
  const release = releaseOf(request, true);
  const { service } = request;
  await steps.carryOut({ release, name, key, service, values, chart: async () => ({ chart }) }, context);
  await storeGeneratedChart(config, request, chart);
}
