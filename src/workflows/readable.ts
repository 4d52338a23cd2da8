import { log } from '@temporalio/workflow';
import type { KeptnEvent } from '../contracts/events.ts';
import type { ControlReason, SlotMessage } from '../contracts/messages.ts';
import type { SequenceRequest } from '../contracts/workflows.ts';

/**
 * Signals have no validator, and an error in a handler stops the workflow task for ever: what cannot be read is
 * dropped and logged before it is looked into.
 */
export function ifReadable<T>(
  what: string,
  isReadable: (message: unknown) => message is T,
  take: (message: T) => void,
): (message: unknown) => void {
  return (message) => {
    if (isReadable(message)) take(message);
    else log.warn('signal dropped: it is not readable', { signal: what });
  };
}

/** True for an object that holds the event of a responder. */
export function isTaskEvent(message: unknown): message is { event: KeptnEvent } {
  const event = field(message, 'event');
  return (
    ['id', 'type', 'source'].every((name) => typeof field(event, name) === 'string') &&
    ['string', 'undefined'].includes(typeof field(event, 'triggeredid')) &&
    isObject(field(event, 'data'))
  );
}

/** True for an object whose fields of these names are texts. */
export function hasTexts<Name extends string>(...names: Name[]) {
  return (message: unknown): message is { [name in Name]: string } =>
    names.every((name) => typeof field(message, name) === 'string');
}

/** True for what `enqueue` takes: the parts that a queue and a run look into. */
export function isRequest(message: unknown): message is SequenceRequest {
  const input = field(message, 'input');
  const names = ['project', 'stage', 'service', 'sequence', 'keptnContext', 'triggeredId'];
  return (
    names.every((name) => typeof field(input, name) === 'string') &&
    Array.isArray(field(input, 'tasks')) &&
    isObject(field(input, 'triggerData')) &&
    Array.isArray(field(field(message, 'shipyard'), 'stages')) &&
    typeof field(message, 'occurrence') === 'number'
  );
}

/** True for what a run tells its queue. */
export function isSlotMessage(message: unknown): message is SlotMessage {
  const kind = field(message, 'kind');
  const known = kind === 'parked' || kind === 'wantsSlot' || kind === 'finished';
  return known && typeof field(message, 'workflowId') === 'string';
}

/** True for what `remove` takes. */
export function isRemoval(message: unknown): message is { workflowId: string; reason?: ControlReason } {
  const reason = field(message, 'reason');
  return typeof field(message, 'workflowId') === 'string' && (reason === undefined || isObject(reason));
}

/** True for what `pauseContext` takes. */
export function isContextPause(message: unknown): message is { keptnContext: string; paused: boolean } {
  return typeof field(message, 'keptnContext') === 'string' && typeof field(message, 'paused') === 'boolean';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function field(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name)
    ? (value as { [name: string]: unknown })[name]
    : undefined;
}
