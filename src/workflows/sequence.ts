import { setHandler } from '@temporalio/workflow';
import {
  abortSignal,
  approveSignal,
  decideUpdate,
  pauseSignal,
  reportSignal,
  resumeSignal,
  slotGrantedSignal,
  soFarQuery,
  statusQuery,
  type TogetherDecision,
  taskEventSignal,
  togetherSignal,
} from '../contracts/messages.ts';
import type { SequenceOutcome, SequenceRequest } from '../contracts/workflows.ts';
import { hasTexts, ifReadable, isTaskEvent } from './readable.ts';
import { SequenceRun } from './sequence-run.ts';

/** Runs one sequence of one service in one stage to its end. What comes next is decided by `src/sequence`. */
export async function sequence(request: SequenceRequest): Promise<SequenceOutcome> {
  const run = new SequenceRun(request);
  const takeEvent = ifReadable('taskEvent', isTaskEvent, ({ event }) => run.taskEvent(event));
  setHandler(taskEventSignal, takeEvent, {
    description: 'a started or finished event of a responder',
  });
  setHandler(approveSignal, (decision) => run.approval.decide(decision), {
    description: 'approve or decline what waits for approval: {decision, by, reason}',
  });
  setHandler(
    decideUpdate,
    (decision) => {
      run.approval.decide(decision);
      return run.status();
    },
    {
      description: 'like approve, but refused with the reason when nothing waits for it',
      validator: (decision) => run.approval.validate(decision),
    },
  );
  setHandler(pauseSignal, (why) => run.control('pause', why), { description: 'nothing new starts' });
  setHandler(resumeSignal, (why) => run.control('resume', why), { description: 'go on after a pause' });
  setHandler(abortSignal, (why) => run.control('abort', why), {
    description: 'stop what runs and put the traffic back',
  });
  setHandler(slotGrantedSignal, () => run.slotGranted(), { description: "the queue's answer" });
  setHandler(reportSignal, () => run.reportEnd(), { description: 'tell the queue when the run ends' });
  setHandler(statusQuery, () => run.status(), { description: 'the whole state of the run' });
  const isDecision = hasTexts('triggeredId', 'result', 'message');
  const decide = ifReadable('together', isDecision, (told) => run.group.decided(told as TogetherDecision));
  setHandler(togetherSignal, decide, { description: 'what the group of services decided' });
  setHandler(soFarQuery, () => run.soFar(), { description: 'what the run was started with and has done' });
  return run.untilEnded();
}
