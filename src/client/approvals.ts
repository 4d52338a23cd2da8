import type { KeptnEvent } from '../contracts/events.ts';
import { AmbiguousApprovalError, NotWaitingError } from './errors.ts';
import { listOpen, sendEvent } from './events.ts';
import type { ApiHttp } from './http.ts';

/** Which approval is decided, by whom and why. */
export interface DecisionRequest {
  project: string;
  stage: string;
  service?: string | undefined;
  keptnContext?: string | undefined;
  /** Id of the approval.triggered event. */
  triggeredId?: string | undefined;
  /** Who decides; recorded in `data.approval.by`. */
  by?: string | undefined;
  /** Why; recorded in `data.approval.reason`. */
  reason?: string | undefined;
  labels?: Record<string, string> | undefined;
}

/** An approval that has been decided. */
export interface Decided {
  keptnContext: string;
  triggeredId: string;
  service: string;
}

const APPROVAL = 'sh.keptn.event.approval';

/** approval.triggered events that wait for a person. */
export function listOpenApprovals(
  http: ApiHttp,
  filter: { project: string; stage?: string | undefined; service?: string | undefined },
): Promise<KeptnEvent[]> {
  return listOpen(http, `${APPROVAL}.triggered`, filter);
}

/**
 * Sends the approval.finished event of a decision, as the Keptn 1.4.5 CLI does, with who and why beside it.
 * Throws NotWaitingError when no such approval is open, AmbiguousApprovalError when several are.
 */
export async function decide(
  http: ApiHttp,
  decision: 'approve' | 'decline',
  request: DecisionRequest,
): Promise<Decided> {
  const triggered = await findOpen(http, request);
  const { project, stage, service } = triggered.data;
  const { by, reason, labels } = request;
  await sendEvent(http, {
    type: `${APPROVAL}.finished`,
    shkeptncontext: triggered.shkeptncontext,
    triggeredid: triggered.id,
    data: {
      project,
      stage,
      service,
      ...(labels === undefined ? {} : { labels }),
      status: 'succeeded',
      result: decision === 'approve' ? 'pass' : 'fail',
      message: messageFor(decision, by, reason),
      approval: { ...(by === undefined ? {} : { by }), ...(reason === undefined ? {} : { reason }) },
    },
  });
  return { keptnContext: triggered.shkeptncontext, triggeredId: triggered.id, service };
}

async function findOpen(http: ApiHttp, request: DecisionRequest): Promise<KeptnEvent> {
  const { project, stage, service, keptnContext, triggeredId } = request;
  const open = (await listOpenApprovals(http, { project, stage, service })).filter(
    (event) =>
      (keptnContext === undefined || event.shkeptncontext === keptnContext) &&
      (triggeredId === undefined || event.id === triggeredId),
  );
  const [first, second] = open;
  const place = [project, stage, service, keptnContext, triggeredId].filter(Boolean).join('/');
  if (first === undefined) {
    throw new NotWaitingError(
      `nothing waits for an approval in ${place}`,
      `list the open approvals with \`slipway get events --open --project ${project}\``,
    );
  }
  if (second === undefined) return first;
  const contexts = open.map((event) => `${event.shkeptncontext} (${event.data.service})`).join(', ');
  throw new AmbiguousApprovalError(
    `${open.length} approvals wait in ${place}: ${contexts}`,
    'name the one you mean with its Keptn context (--keptn-context)',
  );
}

function messageFor(
  decision: 'approve' | 'decline',
  by: string | undefined,
  reason: string | undefined,
): string {
  const verb = decision === 'approve' ? 'Approved' : 'Declined';
  return `${verb}${by ? ` by ${by}` : ''}${reason ? `: ${reason}` : ''}`;
}
