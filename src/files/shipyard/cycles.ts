import { selects } from '../../sequence/follow-ups.ts';
import type { SequenceDefinition, Shipyard, TriggeredOn } from '../../sequence/types.ts';
import type { DocumentPath, Problem } from '../problem.ts';
import type { YamlDocument } from '../yaml/parse.ts';
import { sourceOf } from './triggers.ts';

interface Edge {
  from: string;
  to: string;
  trigger: TriggeredOn;
  path: DocumentPath;
}

/** Finds rings of triggers that can go round without end; one warning for each ring. */
export function cycleProblems(document: YamlDocument, shipyard: Shipyard): Problem[] {
  const edges = edgesOf(shipyard);
  const reported = new Set<string>();
  const problems: Problem[] = [];
  for (const edge of edges) {
    const ring = shortestRing(edges, edge);
    if (ring === undefined) continue;
    const key = [...new Set(ring.map(({ to }) => to))].sort().join(' ');
    if (reported.has(key)) continue;
    reported.add(key);
    const names = [edge.from, ...ring.map(({ to }) => to)].join(' → ');
    const message = `${names} goes round without end ${conditionOf(ring)}`;
    const hint = 'select a result that ends it; a dry run stops after 100 runs of one sequence';
    problems.push(document.problem(edge.path, message, { severity: 'warning', hint }));
  }
  return problems;
}

function edgesOf(shipyard: Shipyard): Edge[] {
  const edges: Edge[] = [];
  shipyard.stages.forEach((stage, stageIndex) => {
    stage.sequences.forEach((sequence, index) => {
      sequence.triggeredOn.forEach((trigger, triggerIndex) => {
        const source = sourceOf(shipyard, trigger.event);
        if (source === undefined || runsOutOfActions(source, trigger)) return;
        const path = ['spec', 'stages', stageIndex, 'sequences', index, 'triggeredOn', triggerIndex];
        const from = trigger.event.slice(0, -'.finished'.length);
        edges.push({ from, to: `${stage.name}.${sequence.name}`, trigger, path });
      });
    });
  });
  return edges;
}

/** A remediation loop ends by itself when a get-action without a further action does not match its selector. */
function runsOutOfActions(source: SequenceDefinition, trigger: TriggeredOn): boolean {
  const asksForActions = source.tasks.some(({ name }) => name === 'get-action');
  return asksForActions && !selects(trigger, { result: 'fail', lastTask: { name: 'get-action' } });
}

function shortestRing(edges: readonly Edge[], first: Edge): Edge[] | undefined {
  const seen = new Set<string>();
  let paths: Edge[][] = [[first]];
  while (paths.length > 0) {
    const next: Edge[][] = [];
    for (const path of paths) {
      const end = path.at(-1)?.to;
      if (end === first.from) return path;
      if (end === undefined || seen.has(end)) continue;
      seen.add(end);
      for (const edge of edges) if (edge.from === end) next.push([...path, edge]);
    }
    paths = next;
  }
  return undefined;
}

function conditionOf(ring: readonly Edge[]): string {
  const onPass = ring.every(({ trigger }) => selects(trigger, { result: 'pass' }));
  if (onPass) return 'while its tasks pass';
  const onFail = ring.every(({ trigger }) => !selects(trigger, { result: 'pass' }));
  return onFail ? 'while its tasks fail' : 'when their results alternate';
}
