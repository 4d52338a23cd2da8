import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { KeptnEvent, Result } from './events.ts';
import type {
  QueueStatus,
  RunSoFar,
  SequenceRequest,
  SequenceStatus,
  WarmDecision,
  WarmStatus,
} from './workflows.ts';

/** A `.started` or `.finished` event of a responder; de-duplicated by event id, accepted early and late. */
export const taskEventSignal = defineSignal<[{ event: KeptnEvent }]>('taskEvent');

/** A human decision on a waiting approval. */
export interface ApprovalDecision {
  decision: 'approve' | 'decline';
  /** Who decided. */
  by: string;
  reason?: string;
  /** Role in which the decision is made, where the approval asks for roles. */
  role?: string;
}

/** Decides a waiting approval; a decision for a run that does not wait is dropped and logged. */
export const approveSignal = defineSignal<[ApprovalDecision]>('approve');

/** Like the signal, but refused with the reason when nothing waits for it. */
export const decideUpdate = defineUpdate<SequenceStatus, [ApprovalDecision]>('decide');

/** Who controls the run and why; shown in its status. */
export interface ControlReason {
  by?: string;
  reason?: string;
}

export const pauseSignal = defineSignal<[ControlReason?]>('pause');
export const resumeSignal = defineSignal<[ControlReason?]>('resume');
export const abortSignal = defineSignal<[ControlReason?]>('abort');

/** The queue's answer to a run that wants its place back after an approval. */
export const slotGrantedSignal = defineSignal('slotGranted');

/** Asks a run to tell its queue when it ends, because the queue no longer is its parent run. */
export const reportSignal = defineSignal('report');

/** Whole state of a run. */
export const statusQuery = defineQuery<SequenceStatus>('status');

/** What a run was started with and how far it came: all that is needed to do it again. */
export const soFarQuery = defineQuery<RunSoFar>('soFar');

/** Puts a run at the end of its queue; a second signal for the same run changes nothing. */
export const enqueueSignal = defineSignal<[SequenceRequest]>('enqueue');

/** What a run tells its queue: it waits for a human or is paused (parked), or wants to go on (wantsSlot). */
export interface SlotMessage {
  workflowId: string;
  kind: 'parked' | 'wantsSlot' | 'finished';
}
export const slotSignal = defineSignal<[SlotMessage]>('slot');

/** Holds the waiting runs of a context back, or lets them go; they hold nobody up meanwhile (Keptn 1.4.5). */
export const pauseContextSignal = defineSignal<[{ keptnContext: string; paused: boolean }]>('pauseContext');

/** A run of a group has come to the task that waits for the others. */
export interface MemberArrived {
  service: string;
  workflowId: string;
  triggeredId: string;
  result: Result;
}
export const arrivedSignal = defineSignal<[MemberArrived]>('arrived');

/** A run of a group has ended, or was refused, before it came so far. */
export const leftSignal = defineSignal<[{ service: string; message: string }]>('left');

/** What a group answers to each of its runs. */
export interface TogetherDecision {
  triggeredId: string;
  result: Result;
  message: string;
}
export const togetherSignal = defineSignal<[TogetherDecision]>('together');

/** Removes a run that has not started yet. */
export const removeSignal = defineSignal<[{ workflowId: string; reason: ControlReason }]>('remove');

/** Ends what a release keeps warm; answers when the users are where they shall be and the other side is gone. */
export const endWarmUpdate = defineUpdate<WarmStatus, [{ decision: WarmDecision }]>('endWarm');

/** What is kept warm, and until when. */
export const warmStatusQuery = defineQuery<WarmStatus>('status');

/** Whole state of a queue. */
export const queueStatusQuery = defineQuery<QueueStatus>('status');
