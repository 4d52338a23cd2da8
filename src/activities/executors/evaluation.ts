import type { EvaluationActivities, SliAnswerJson, SliFetch } from '../../contracts/activities.ts';
import type { ScopedFiles } from '../config/scoped-files.ts';
import type { SliRequest } from '../sli/sli-provider.ts';
import { canarySamples, hasRanges, withoutSamples } from './canary-samples.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { activityFailure, inActivity, isTerminal } from './effect-context.ts';
import { evaluationRow } from './evaluation-row.ts';
import { EvaluationPreparation } from './prepare-evaluation.ts';

type EvaluationDependencies = Pick<ActivityDependencies, 'store' | 'sliProviders' | 'options'> & {
  files: ScopedFiles;
};

/** What the quality gate needs from outside: the window, slo.yaml, the history, the measured values. */
export function evaluationActivities(dependencies: EvaluationDependencies): EvaluationActivities {
  const { store, sliProviders } = dependencies;
  const preparation = new EvaluationPreparation(dependencies);
  return {
    prepareEvaluation: (request) => inActivity(() => preparation.prepare(request)),
    fetchSlis: (request) =>
      inActivity(async (context) => {
        const provider = sliProviders.get(request.provider);
        if (provider === undefined)
          return unanswered(request, unknownProvider(request, [...sliProviders.keys()]));
        try {
          const answer = await provider.fetch(sliRequest(request), context);
          return { ...answer, values: answer.values.map(({ query: _query, ...value }) => value) };
        } catch (error) {
          if (error instanceof Error && isTerminal(error)) return unanswered(request, error.message);
          throw error;
        }
      }),
    fetchSamples: (request) =>
      inActivity(async (context) => {
        const { stepSeconds, ...fetch } = request;
        const provider = sliProviders.get(request.provider);
        if (provider === undefined || !hasRanges(provider)) return withoutSamples(request);
        return canarySamples(provider, { request: sliRequest(fetch), stepSeconds }, context);
      }),
    saveEvaluation: async ({ triggeredId, finished, events = [] }) => {
      try {
        await store.appendEvents([...events, finished]);
        await store.saveEvaluation(evaluationRow(triggeredId, finished));
      } catch (error) {
        throw activityFailure(error);
      }
    },
  };
}

function sliRequest({ provider: _p, responders: _r, gitCommitId, ...request }: SliFetch): SliRequest {
  return { ...request, ...(gitCommitId === '' ? {} : { gitCommitId }) };
}

/** What a provider that cannot answer for good says: errored and fail, so that the gate never passes by accident. */
function unanswered({ start, end }: SliFetch, message: string): SliAnswerJson {
  return { status: 'errored', result: 'fail', message, start, end, values: [] };
}

function unknownProvider({ provider, project }: SliFetch, known: string[]): string {
  return (
    `project ${project} uses the SLI provider "${provider}", which this worker does not have ` +
    `(it has ${known.length === 0 ? 'none' : known.join(', ')}); choose another with slipway configure monitoring`
  );
}
