import type { PreparedEvaluation } from '../../contracts/activities.ts';
import type { Result, Status } from '../../contracts/events.ts';
import type { EvaluationInput } from '../../contracts/workflows.ts';
import type { EvaluatedWindow } from './evaluation-fetches.ts';
import { textMap } from './payload.ts';

/** An evaluation that is over before anything is measured. */
export interface Ended {
  status: Status;
  result: Result;
  message: string;
  window?: EvaluatedWindow;
  problems?: string[];
}

/** An evaluation that cannot be carried out. */
export function errored(message: string): Ended {
  return { status: 'errored', result: 'fail', message };
}

/** Keptn lets an evaluation pass for which nothing was configured; the message says that nothing was judged. */
export function unconfigured(what: 'SLI-provider' | 'SLO file', { project }: EvaluationInput): Ended {
  return {
    status: 'succeeded',
    result: 'pass',
    message: `no evaluation performed by lighthouse because no ${what} configured for project ${project}`,
  };
}

/** `data` of the evaluation.finished that Keptn 1.4.5 sent before it asked for SLIs, with findings as `x-problems`. */
export function ended(
  request: EvaluationInput,
  { status, result, message, window, problems = [] }: Ended,
): PreparedEvaluation {
  const labels = textMap(request.triggered.data.labels);
  return {
    outcome: 'finished',
    finished: {
      project: request.project,
      stage: request.stage,
      service: request.service,
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
      status,
      result,
      message,
      evaluation: {
        timeStart: window?.start ?? '',
        timeEnd: window?.end ?? '',
        result,
        score: 0,
        sloFileContent: '',
        indicatorResults: null,
        ...(problems.length === 0 ? {} : { 'x-problems': problems }),
      },
    },
  };
}
