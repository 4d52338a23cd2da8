import { taskEventType } from '../contracts/events.ts';
import { completeTask, isComplete } from './aggregate.ts';
import { decideApproval } from './approval.ts';
import { finishSequence } from './finish.ts';
import { nestsDeeperThan, textAt } from './json.ts';
import { labelsOf } from './labels.ts';
import { copyObject } from './merge.ts';
import { taskPayload } from './payload.ts';
import type {
  Advanced,
  FinishedMessage,
  HoldDuring,
  OpenTask,
  SequenceCommand,
  SequenceInput,
  SequenceMessage,
  SequenceState,
  StartedMessage,
  TaskEvent,
  TimeoutMessage,
} from './types.ts';

/** A sequence that has not begun; it holds its place in the queue, because the queue starts it. */
export function createSequence(input: SequenceInput): SequenceState {
  return {
    input,
    phase: 'created',
    paused: false,
    slot: 'held',
    completed: input.completed ?? [],
    lastEvent: {},
  };
}

/**
 * Tells the sequence that something happened and returns its new state and what to do next.
 *
 * Pure and synchronous: the same state, message and ids give the same answer, and `state` is not changed.
 * `nextId` is asked for one id whenever a task is opened. A message that does not fit is answered by an
 * `ignored` command and changes nothing: it never throws.
 */
export function advance(state: SequenceState, message: SequenceMessage, nextId: () => string): Advanced {
  if (state.phase === 'ended') return ignored(state, message, 'the sequence has ended');
  switch (message.kind) {
    case 'begin':
      if (state.phase !== 'created') return ignored(state, message, 'the sequence has begun already');
      return proceed({ ...state, phase: 'running' }, nextId);
    case 'started':
    case 'finished':
      return receive(state, message, nextId);
    case 'delayElapsed':
      return delayElapsed(state, message, nextId);
    case 'slotGranted':
      if (state.slot !== 'requested') return ignored(state, message, 'no place in the queue was asked for');
      return proceed({ ...state, slot: 'held' }, nextId);
    case 'timeout':
      return timeout(state, message);
    case 'pause':
      if (state.paused) return ignored(state, message, 'the sequence is paused already');
      return proceed({ ...state, paused: true }, nextId);
    case 'resume':
      if (!state.paused) return ignored(state, message, 'the sequence is not paused');
      return proceed({ ...state, paused: false }, nextId);
    case 'abort':
      return finishSequence(state, {
        outcome: 'aborted',
        status: 'aborted',
        // Keptn 1.4.5 reports an aborted sequence as pass; nothing is triggered by it.
        result: 'pass',
        ...abortMessage(message),
      });
  }
}

/** Moves the sequence on as far as pause, delay and queue allow. */
function proceed(state: SequenceState, nextId: () => string): Advanced {
  if (state.phase !== 'running' || state.task?.phase === 'sent') return { state, commands: [] };
  if (state.paused) return release(state, 'pause');
  if (state.task === undefined) return openNext(state, nextId);
  if (state.task.phase === 'delayed') return { state, commands: [] };
  if (state.slot === 'requested') return { state, commands: [] };
  if (state.slot === 'released') {
    return { state: { ...state, slot: 'requested' }, commands: [{ kind: 'acquireSlot' }] };
  }
  return send(state, state.task);
}

function openNext(state: SequenceState, nextId: () => string): Advanced {
  const index = state.completed.length;
  const last = state.completed.at(-1);
  const definition = state.input.tasks[index];
  if (
    last !== undefined &&
    (last.result === 'fail' || last.status === 'errored' || definition === undefined)
  ) {
    return finishSequence(state, { outcome: 'finished', status: last.status, result: last.result });
  }
  if (definition === undefined) {
    const { sequence } = state.input;
    const message = `Unable to start sequence ${sequence}: task sequence ${sequence} does not contain any tasks`;
    return finishSequence(state, { outcome: 'finished', status: 'errored', result: 'fail', message });
  }
  const delayMs = definition.triggeredAfter ?? 0;
  const task: OpenTask = {
    name: definition.name,
    index,
    triggeredId: nextId(),
    phase: delayMs > 0 ? 'delayed' : 'due',
    waitingForApproval: false,
    events: [],
  };
  if (delayMs === 0) return proceed({ ...state, task }, nextId);
  const { triggeredId } = task;
  const delay: SequenceCommand = { kind: 'delayTask', taskName: task.name, index, triggeredId, delayMs };
  const waiting = release({ ...state, task }, 'delay');
  return { state: waiting.state, commands: [delay, ...waiting.commands] };
}

function send(state: SequenceState, task: OpenTask): Advanced {
  const definition = state.input.tasks[task.index] ?? { name: task.name };
  const data = taskPayload(state, definition);
  const waitsForApproval = task.name === 'approval' && decideApproval(data).kind === 'manual';
  const sent: SequenceState = {
    ...state,
    task: { ...task, phase: 'sent', waitingForApproval: waitsForApproval },
  };
  const trigger: SequenceCommand = {
    kind: 'triggerTask',
    taskName: task.name,
    index: task.index,
    triggeredId: task.triggeredId,
    eventType: taskEventType(task.name, 'triggered'),
    data,
    delayMs: definition.triggeredAfter ?? 0,
    timeouts: definition.timeouts ?? {},
    waitsForApproval,
  };
  if (!waitsForApproval) return { state: sent, commands: [trigger] };
  const waiting = release(sent, 'approval');
  return { state: waiting.state, commands: [trigger, ...waiting.commands] };
}

/** Gives the queue's place up for a wait, unless the sequence is told to hold it (`x-concurrency`). */
function release(state: SequenceState, reason: HoldDuring): Advanced {
  const hold = state.input.concurrency?.hold ?? ['delay'];
  if (state.slot !== 'held' || hold.includes(reason)) return { state, commands: [] };
  return { state: { ...state, slot: 'released' }, commands: [{ kind: 'releaseSlot', reason }] };
}

function receive(
  state: SequenceState,
  message: StartedMessage | FinishedMessage,
  nextId: () => string,
): Advanced {
  const { task } = state;
  if (task?.phase !== 'sent' || task.triggeredId !== message.triggeredId) {
    return ignored(state, message, `no open task has the triggered id ${message.triggeredId}`);
  }
  if (task.events.some((event) => event.eventId === message.eventId)) {
    return ignored(state, message, 'an event with this id was received before');
  }
  if (nestsDeeperThan(message.data)) return ignored(state, message, 'its data is nested too deep');
  const event: TaskEvent = {
    kind: message.kind,
    eventId: message.eventId,
    source: message.source,
    ...(message.kind === 'finished' ? { data: copyObject(message.data) } : {}),
  };
  const answered: OpenTask = { ...task, events: [...task.events, event] };
  const received: SequenceState = { ...state, task: answered, lastEvent: labelsAndMessage(message) };
  if (!isComplete(answered.events)) return { state: received, commands: [] };
  const { task: _closed, ...rest } = received;
  const completed = [...state.completed, completeTask(answered, state.input.payloadNumbers)];
  return proceed({ ...rest, completed }, nextId);
}

function labelsAndMessage({ data }: StartedMessage | FinishedMessage): SequenceState['lastEvent'] {
  const message = textAt(data, 'message');
  return { ...labelsOf(data), ...(message === '' ? {} : { message }) };
}

function delayElapsed(
  state: SequenceState,
  message: { kind: 'delayElapsed'; triggeredId: string },
  nextId: () => string,
): Advanced {
  const { task } = state;
  if (task?.phase !== 'delayed' || task.triggeredId !== message.triggeredId) {
    return ignored(state, message, `no delayed task has the triggered id ${message.triggeredId}`);
  }
  return proceed({ ...state, task: { ...task, phase: 'due' } }, nextId);
}

function timeout(state: SequenceState, message: TimeoutMessage): Advanced {
  const { task } = state;
  if (message.waitingFor !== 'sequence') {
    if (task?.phase !== 'sent' || task.triggeredId !== message.triggeredId) {
      return ignored(state, message, 'the task is no longer open');
    }
    if (message.waitingFor === 'started' && task.events.length > 0) {
      return ignored(state, message, 'a responder has answered');
    }
  }
  const reason = message.reason ?? timeoutReason(message.waitingFor, task?.name);
  return finishSequence(state, { outcome: 'timedOut', status: 'errored', result: 'fail', message: reason });
}

/** The text for `started` is Keptn 1.4.5's; the other two clocks are Slipway's own. */
function timeoutReason(waitingFor: TimeoutMessage['waitingFor'], task: string | undefined): string {
  if (waitingFor === 'sequence') {
    return `sequence timed out${task === undefined ? '' : ` while task ${task} was open`}`;
  }
  const missing = waitingFor === 'started' ? '.started or .finished event' : '.finished event';
  const type = taskEventType(task ?? '', 'triggered');
  return `sequence timed out while waiting for task ${type} to receive a correlating ${missing}`;
}

function abortMessage({ by, reason }: { by?: string; reason?: string }): { message?: string } {
  if (by === undefined && reason === undefined) return {};
  const who = by === undefined ? 'aborted' : `aborted by ${by}`;
  return { message: reason === undefined ? who : `${who}: ${reason}` };
}

function ignored(state: SequenceState, message: SequenceMessage, reason: string): Advanced {
  const eventId = 'eventId' in message ? { eventId: message.eventId } : {};
  return { state, commands: [{ kind: 'ignored', message: message.kind, ...eventId, reason }] };
}
