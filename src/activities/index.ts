import type { Activities } from '../contracts/activities.ts';
import type { PreviewActivities } from '../contracts/preview.ts';
import type { UndeploymentActivities } from '../contracts/undeployment.ts';
import { ScopedFiles } from './config/scoped-files.ts';
import type { ActivityDependencies } from './executors/dependencies.ts';
import { evaluationActivities } from './executors/evaluation.ts';
import { ExecutorChoice } from './executors/executor-choice.ts';
import { getActionActivity } from './executors/get-action.ts';
import { jobsActivity } from './executors/jobs.ts';
import { previewActivity } from './executors/preview.ts';
import { recordActivities } from './executors/record.ts';
import { rolloutActivities } from './executors/rollout.ts';
import { testActivity } from './executors/test-task.ts';
import { undeployActivity } from './executors/undeploy.ts';
import { webhookActivity } from './executors/webhook.ts';

export type {
  ActivityDependencies,
  ActivityOptions,
  FollowUpStarter,
  Secrets,
} from './executors/dependencies.ts';

/** Everything that a Slipway worker offers to workflows, over the given ports. */
export function createActivities(
  dependencies: ActivityDependencies,
): Activities & PreviewActivities & UndeploymentActivities {
  const files = new ScopedFiles(dependencies.config);
  const choice = new ExecutorChoice({
    store: dependencies.store,
    files,
    hasPollers: dependencies.hasPollers,
  });
  const withFiles = { ...dependencies, files };
  return {
    ...recordActivities({ ...dependencies, choice, reactions: dependencies.reactions }),
    ...rolloutActivities(dependencies),
    ...undeployActivity(dependencies),
    ...previewActivity({ previewer: dependencies.platform, choice }),
    ...evaluationActivities(withFiles),
    ...testActivity(dependencies),
    ...getActionActivity(files),
    ...jobsActivity(withFiles),
    ...webhookActivity(withFiles),
  };
}
