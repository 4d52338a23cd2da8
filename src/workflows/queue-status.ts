import type { QueueScope } from '../contracts/ids.ts';
import type { QueueStatus } from '../contracts/workflows.ts';
import type { QueueState } from '../sequence/queue.ts';

/** Who runs and who waits in a queue, as the query `status` answers it. */
export function queueStatus({ project, stage, service }: QueueScope, { entries }: QueueState): QueueStatus {
  const phase = (...phases: string[]) =>
    entries.filter((entry) => phases.includes(entry.phase)).map((entry) => entry.runId);
  return {
    project,
    stage,
    service,
    running: phase('running'),
    parked: phase('released', 'requested'),
    waiting: phase('waiting'),
  };
}

/** The queue as a markdown table, shown by the Temporal UI as its current details. */
export function queueTable({ entries }: QueueState): string {
  const rows = entries.map((entry) => `| ${entry.runId} | ${entry.phase} |`);
  return ['| run | state |', '|---|---|', ...rows].join('\n');
}
