import type { TaskActivities, TaskFinished } from '../../contracts/activities.ts';
import type { KeptnEvent } from '../../contracts/events.ts';
import { formatProblem } from '../../files/problem.ts';
import { parseRemediation } from '../../files/remediation.ts';
import { chooseAction, getActionFinished } from '../../sequence/get-action.ts';
import type { ScopedFiles } from '../config/scoped-files.ts';
import { inActivity } from './effect-context.ts';
import { fileScope } from './payload.ts';
import { erroredTask, taskOutcome } from './task-outcome.ts';

const REMEDIATION_FILE = 'remediation.yaml';

/**
 * The built-in task `get-action` (remediation-service 1.4.5): the service's own remediation.yaml in the stage, at the
 * event's commit, without fallback to stage or project.
 */
export function getActionActivity(files: ScopedFiles): Pick<TaskActivities, 'getAction'> {
  const run = async (event: KeptnEvent): Promise<TaskFinished> => {
    const { stage, service } = event.data;
    const file = await files.at(fileScope(event), 'service', REMEDIATION_FILE);
    if (file === undefined) {
      return erroredTask(
        `Could not get remediation.yaml file for services ${service} in stage ${stage}. ` +
          `Add it with slipway add-resource --stage ${stage} --service ${service}.`,
      );
    }
    const { model, problems } = parseRemediation(file.text, REMEDIATION_FILE);
    if (model === undefined) {
      const places = problems.filter(({ severity }) => severity === 'error').map(formatProblem);
      return erroredTask(
        'Could not parse remediation.yaml file. Please validate it against the specification. ' +
          places.join('; '),
      );
    }
    const {
      status: _status,
      result,
      message,
      ...data
    } = getActionFinished(chooseAction(model.remediations, event.data));
    return {
      status: 'succeeded',
      result: result === 'pass' ? 'pass' : 'fail',
      message: typeof message === 'string' ? message : '',
      data,
    };
  };
  return { getAction: ({ triggered }) => inActivity(() => taskOutcome(() => run(triggered))) };
}
