import type { Shipyard } from '../../sequence/types.ts';
import type { DocumentPath, Problem } from '../problem.ts';
import type { YamlDocument } from '../yaml/parse.ts';

/** Keptn 1.4.5: a lower-case letter first, then a-z 0-9 and -, not ending in -. */
const ENTITY_NAME = /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/;
/** Sequence and task names become parts of event types, task queues and workflow ids. */
const EVENT_PART = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

interface Named {
  name: string;
  path: DocumentPath;
}

/** Checks the names of stages, sequences and tasks, and finds those that are easily mistaken for each other. */
export function nameProblems(document: YamlDocument, shipyard: Shipyard): Problem[] {
  const problems: Problem[] = [];
  const stages: Named[] = [];
  const tasks: Named[] = [];
  shipyard.stages.forEach((stage, stageIndex) => {
    const stagePath = ['spec', 'stages', stageIndex];
    stages.push({ name: stage.name, path: [...stagePath, 'name'] });
    const sequences: Named[] = [];
    stage.sequences.forEach((sequence, index) => {
      const path = [...stagePath, 'sequences', index];
      sequences.push({ name: sequence.name, path: [...path, 'name'] });
      sequence.tasks.forEach((task, taskIndex) => {
        tasks.push({ name: task.name, path: [...path, 'tasks', taskIndex, 'name'] });
      });
      if (sequence.tasks.length === 0) problems.push(noTasks(document, path, sequence.name));
    });
    problems.push(...repeatedSequences(document, sequences), ...differOnlyByCase(document, sequences));
    problems.push(...sequences.flatMap((named) => eventPartProblem(document, named, 'sequence')));
  });
  problems.push(...stages.flatMap((named) => stageProblem(document, named, stages)));
  problems.push(...tasks.flatMap((named) => eventPartProblem(document, named, 'task')));
  return [...problems, ...differOnlyByCase(document, tasks)];
}

function stageProblem(document: YamlDocument, { name, path }: Named, stages: readonly Named[]): Problem[] {
  if (!ENTITY_NAME.test(name)) {
    const hint = 'use a-z, 0-9 and -, beginning with a letter and not ending with -';
    return [document.problem(path, `"${name}" is not a stage name`, { hint })];
  }
  const first = stages.find((other) => other.name === name);
  if (first === undefined || first.path === path) return [];
  const hint = 'give it another name or put the sequences into the first one';
  return [document.problem(path, `there is a stage "${name}" already`, { hint })];
}

function eventPartProblem(document: YamlDocument, { name, path }: Named, kind: string): Problem[] {
  if (EVENT_PART.test(name)) return [];
  const hint =
    'use letters, digits, - and _: the name becomes a part of event types, which are split at dots';
  return [document.problem(path, `"${name}" is not a ${kind} name`, { hint })];
}

function noTasks(document: YamlDocument, path: DocumentPath, name: string): Problem {
  return document.problem(path, `sequence "${name}" has no tasks: triggering it fails at once`, {
    severity: 'warning',
    hint: 'add a task or remove the sequence',
  });
}

function repeatedSequences(document: YamlDocument, sequences: readonly Named[]): Problem[] {
  return sequences
    .filter(({ name, path }) => sequences.find((other) => other.name === name)?.path !== path)
    .map(({ name, path }) =>
      document.problem(path, `there is a sequence "${name}" in this stage already: the first one runs`, {
        severity: 'warning',
        hint: 'give it another name; only its triggeredOn has an effect',
      }),
    );
}

function differOnlyByCase(document: YamlDocument, all: readonly Named[]): Problem[] {
  const spellings = new Map<string, string>();
  const problems: Problem[] = [];
  for (const { name, path } of all) {
    const first = spellings.get(name.toLowerCase());
    if (first === undefined) spellings.set(name.toLowerCase(), name);
    else if (first !== name) {
      const message = `"${name}" and "${first}" differ only by case and are two different names`;
      problems.push(document.problem(path, message, { severity: 'warning', hint: 'use one spelling' }));
    }
  }
  return problems;
}
