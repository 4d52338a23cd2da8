import type { DeploymentPreview, PreviewActivities } from '../../contracts/preview.ts';
import type { Previewer } from '../platform/platform.ts';
import { inActivity, isTerminal } from './effect-context.ts';
import type { ExecutorChoice } from './executor-choice.ts';
import { deploymentStrategy, deployRequest } from './rollout.ts';

/** Changes that an answer holds at most: it travels through Temporal. */
const MAX_CHANGES = 100;

/** The dry run of a deployment over the platform; what the deployment would fail of is part of the answer. */
export function previewActivity(dependencies: {
  previewer: Previewer;
  choice: Pick<ExecutorChoice, 'of'>;
}): PreviewActivities {
  const { previewer, choice } = dependencies;
  return {
    previewDeployment: ({ triggered, properties }) =>
      inActivity(async () => {
        const { project, stage, service } = triggered.data;
        const executor = (await choice.of({ task: 'deployment', properties, triggered })).kind;
        const answer: DeploymentPreview = {
          project,
          stage,
          service,
          executor,
          versions: {},
          changes: [],
          omitted: 0,
        };
        if (executor !== 'builtin') return answer;
        try {
          const strategy = deploymentStrategy(triggered.data);
          const { versions, changes } = await previewer.preview(deployRequest({ triggered }, strategy));
          const omitted = Math.max(0, changes.length - MAX_CHANGES);
          return { ...answer, versions, changes: changes.slice(0, MAX_CHANGES), omitted };
        } catch (error) {
          if (error instanceof Error && isTerminal(error)) return { ...answer, problem: error.message };
          throw error;
        }
      }),
  };
}
