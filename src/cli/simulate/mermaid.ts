import { selects } from '../../sequence/follow-ups.ts';
import type { SimulationResult } from '../../sequence/simulate.ts';
import type { SequenceDefinition, Shipyard, TriggeredOn } from '../../sequence/types.ts';

/** A sequence as a node of the drawing. */
interface Node {
  id: string;
  stage: string;
  sequence: SequenceDefinition;
}

/** What an edge stands for, and how it is drawn. */
const ARROWS = { promotion: '-->', rollback: '-.->', remediation: '==>' } as const;

/**
 * Draws a shipyard as a Mermaid flowchart: stages as boxes, sequences with their tasks, and an edge for each
 * trigger: promotion solid, rollback dotted, remediation thick. With the result of a dry run, the sequences
 * that ran are coloured by their result.
 */
export function drawShipyard(shipyard: Shipyard, result?: SimulationResult): string {
  const nodes = nodesOf(shipyard);
  const lines = ['flowchart LR'];
  shipyard.stages.forEach((stage, index) => {
    lines.push(`  subgraph stage_${index}["${escapeText(stage.name)}"]`);
    lines.push(...nodes.filter((node) => node.stage === stage.name).map((node) => `    ${nodeText(node)}`));
    lines.push('  end');
  });
  lines.push(...nodes.flatMap((node) => edgesInto(node, nodes)));
  if (result !== undefined) lines.push(...colours(nodes, result));
  return lines.join('\n');
}

function nodesOf(shipyard: Shipyard): Node[] {
  const listened = new Set(
    shipyard.stages.flatMap(({ sequences }) =>
      sequences.flatMap(({ triggeredOn }) => triggeredOn.map(({ event }) => event)),
    ),
  );
  return shipyard.stages.flatMap((stage, index) => {
    const builtIn = { name: 'evaluation', triggeredOn: [], tasks: [{ name: 'evaluation' }] };
    const defined = stage.sequences.some(({ name }) => name === 'evaluation');
    const implied = !defined && listened.has(`${stage.name}.evaluation.finished`) ? [builtIn] : [];
    return [...stage.sequences, ...implied].map((sequence, place) => ({
      id: `s${index}_${place}`,
      stage: stage.name,
      sequence,
    }));
  });
}

function nodeText({ id, sequence }: Node): string {
  const tasks = sequence.tasks.map(({ name, triggeredAfterText }) =>
    triggeredAfterText === undefined ? name : `${name} after ${triggeredAfterText}`,
  );
  const label = escapeText(`${sequence.name}: ${tasks.join(' → ')}`);
  return sequence.triggeredOn.length === 0 ? `${id}(["${label}"])` : `${id}["${label}"]`;
}

function edgesInto(target: Node, nodes: readonly Node[]): string[] {
  return target.sequence.triggeredOn.flatMap((trigger) => {
    const source = nodes.find(
      ({ stage, sequence }) => trigger.event === `${stage}.${sequence.name}.finished`,
    );
    if (source === undefined) return [`  %% no stage emits ${escapeText(trigger.event)}`];
    const kind = kindOf(source, target, trigger);
    return [`  ${source.id} ${ARROWS[kind]}|"${kind}: ${escapeText(conditionOf(trigger))}"| ${target.id}`];
  });
}

/** A trigger that a pass fires promotes; of the others, those that lead to actions remediate. */
function kindOf(source: Node, target: Node, trigger: TriggeredOn): keyof typeof ARROWS {
  if (selects(trigger, { result: 'pass', ...lastTask(source) })) return 'promotion';
  const acts = target.sequence.tasks.some(({ name }) => name === 'get-action' || name === 'action');
  return acts || target.sequence.name === 'remediation' ? 'remediation' : 'rollback';
}

function lastTask({ sequence }: Node): { lastTask?: { name: string } } {
  const last = sequence.tasks.at(-1);
  return last === undefined ? {} : { lastTask: { name: last.name } };
}

function conditionOf({ match }: TriggeredOn): string {
  const entries = Object.entries(match ?? {});
  if (entries.length === 0) return 'pass or warning';
  return entries.map(([key, value]) => (key === 'result' ? value : `${key} ${value}`)).join(' or ');
}

function colours(nodes: readonly Node[], { runs }: SimulationResult): string[] {
  const lines = nodes.flatMap(({ id, stage, sequence }) => {
    const run = runs.findLast(
      (candidate) => candidate.stage === stage && candidate.sequence === sequence.name,
    );
    return run === undefined ? [] : [`  class ${id} ${run.result ?? 'open'}`];
  });
  return [
    ...lines,
    '  classDef pass fill:#d3f9d8,stroke:#2b8a3e',
    '  classDef warning fill:#fff3bf,stroke:#e67700',
    '  classDef fail fill:#ffe3e3,stroke:#c92a2a',
    '  classDef open fill:#e7f5ff,stroke:#1864ab',
  ];
}

/** Mermaid reads quotes and brackets inside labels as syntax unless they are entities. */
function escapeText(text: string): string {
  return text.replace(/[^\w .,:→-]/g, (character) => `#${character.codePointAt(0)};`);
}
