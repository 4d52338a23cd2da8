import { resolveSequence } from '../../sequence/follow-ups.ts';
import type { SequenceDefinition, Shipyard, TriggeredOn } from '../../sequence/types.ts';
import type { DocumentPath, Problem } from '../problem.ts';
import type { YamlDocument } from '../yaml/parse.ts';

const RESULTS = ['pass', 'warning', 'fail'];

/** Finds triggers that never fire, or fire at other times than their text suggests (Keptn 1.4.5 said nothing). */
export function triggerProblems(document: YamlDocument, shipyard: Shipyard): Problem[] {
  const problems: Problem[] = [];
  shipyard.stages.forEach((stage, stageIndex) => {
    stage.sequences.forEach((sequence, index) => {
      sequence.triggeredOn.forEach((trigger, triggerIndex) => {
        const path = ['spec', 'stages', stageIndex, 'sequences', index, 'triggeredOn', triggerIndex];
        const source = sourceOf(shipyard, trigger.event);
        if (source === undefined) problems.push(neverEmitted(document, path, trigger.event));
        problems.push(...selectorProblems(document, path, { trigger, source }));
      });
    });
  });
  return problems;
}

/** The sequence whose end an event tells of, or undefined when no stage emits it. */
export function sourceOf(shipyard: Shipyard, event: string): SequenceDefinition | undefined {
  const [stage = '', sequence = '', kind, ...rest] = event.split('.');
  if (kind !== 'finished' || rest.length > 0) return undefined;
  const resolved = resolveSequence(shipyard, stage, sequence);
  return resolved.found ? resolved.definition : undefined;
}

function neverEmitted(document: YamlDocument, path: DocumentPath, event: string): Problem {
  const hint = event.startsWith('sh.keptn.event.')
    ? `leave the prefix out: ${event.slice('sh.keptn.event.'.length)}`
    : 'write <stage>.<sequence>.finished with a stage and a sequence of this file';
  const message = `no stage emits "${event}": this trigger never fires`;
  return document.problem([...path, 'event'], message, { severity: 'warning', hint });
}

function selectorProblems(
  document: YamlDocument,
  path: DocumentPath,
  { trigger, source }: { trigger: TriggeredOn; source: SequenceDefinition | undefined },
): Problem[] {
  const match = Object.entries(trigger.match ?? {});
  const warn = (key: string, message: string, hint: string): Problem =>
    document.problem([...path, 'selector', 'match', key], message, { severity: 'warning', hint });
  const problems = match.flatMap(([key, value]) => keyProblems(key, value, source, warn));
  if (match.length > 1) {
    const message = 'the keys of a selector are alternatives: one of them is enough';
    const hint = 'keep the one key that you mean';
    problems.push(document.problem([...path, 'selector', 'match'], message, { severity: 'warning', hint }));
  }
  return problems;
}

type Warn = (key: string, message: string, hint: string) => Problem;

function keyProblems(
  key: string,
  value: string,
  source: SequenceDefinition | undefined,
  warn: Warn,
): Problem[] {
  if (key !== 'result' && !key.endsWith('.result')) {
    return [warn(key, `"${key}" is not looked at`, 'use result or <last task>.result')];
  }
  if (!RESULTS.includes(value)) {
    const hint = value === 'failed' ? 'write fail' : `use one of ${RESULTS.join(', ')}`;
    return [warn(key, `"${value}" never matches a result`, hint)];
  }
  if (key === 'result' || source === undefined) return [];
  const task = key.slice(0, -'.result'.length);
  const tasks = source.tasks.map(({ name }) => name);
  if (!tasks.includes(task)) {
    return [warn(key, `"${task}" is no task of the sequence: this never matches`, `use ${tasks.join(', ')}`)];
  }
  if (value === 'fail' || tasks.at(-1) === task) return [];
  const message = `"${task}" is not the last task: this matches only when it ends the sequence, and ${value} does not`;
  return [warn(key, message, `use ${tasks.at(-1) ?? task}.result or result`)];
}
