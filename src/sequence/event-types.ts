/** Every event type of the engine begins with this. */
export const EVENT_PREFIX = 'sh.keptn.event.';

/** `sh.keptn.event.<task>.triggered` */
export function taskTriggeredType(task: string): string {
  return `${EVENT_PREFIX}${task}.triggered`;
}

/** `sh.keptn.event.<stage>.<sequence>.triggered` or `.finished` */
export function sequenceEventType(stage: string, sequence: string, kind: 'triggered' | 'finished'): string {
  return `${EVENT_PREFIX}${stage}.${sequence}.${kind}`;
}

/** Stage and sequence of a `<stage>.<sequence>.triggered` type, or undefined for any other type. */
export function parseSequenceTriggered(type: string): { stage: string; sequence: string } | undefined {
  if (!type.startsWith(EVENT_PREFIX)) return undefined;
  const parts = type.slice(EVENT_PREFIX.length).split('.');
  const [stage, sequence, kind] = parts;
  if (parts.length !== 3 || kind !== 'triggered' || !stage || !sequence) return undefined;
  return { stage, sequence };
}
