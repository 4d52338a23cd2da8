import { type ActiveRun, hasEnded, NotFoundError, type Run, type SlipwayClient } from '../client/index.ts';

/** What the runs of a project wait for; none for a Keptn API, which cannot tell. */
export async function activeRunsOf(
  client: SlipwayClient,
  query: { project: string; keptnContext?: string },
): Promise<ActiveRun[]> {
  try {
    return await client.activeRuns(query);
  } catch (error) {
    if (error instanceof NotFoundError) return [];
    throw error;
  }
}

/** What a run waits for: those of its sequences that stand in a queue or miss somebody. */
export async function waitsOf(client: SlipwayClient, run: Run): Promise<ActiveRun[]> {
  if (hasEnded(run.state)) return [];
  const active = await activeRunsOf(client, { project: run.project, keptnContext: run.keptnContext });
  return active.filter((one) => one.position !== undefined || one.missing !== undefined);
}

/** One sentence about what a sequence waits for. */
export function waitText({ stage, sequence, task, missing, position }: ActiveRun): string {
  if (missing !== undefined) return `Task ${task} in ${stage} waits: ${missing}.`;
  return `${sequence} in ${stage} is ${ordinal(position ?? 1)} in its queue.`;
}

/** The state of a run in a list: `waiting (2nd)`, `started (nobody for smoke)`, or the state alone. */
export function stateText(state: string, active: readonly ActiveRun[]): string {
  const queued = active.find(({ position }) => position !== undefined);
  if (state === 'waiting' && queued?.position !== undefined) return `${state} (${ordinal(queued.position)})`;
  const alone = active.find(({ missing }) => missing !== undefined);
  return alone === undefined ? state : `${state} (nobody for ${alone.task})`;
}

/** 1st, 2nd, 3rd, 4th, 11th, 21st … */
export function ordinal(place: number): string {
  const teen = place % 100 >= 11 && place % 100 <= 13;
  const ending = teen ? 'th' : (['th', 'st', 'nd', 'rd'][place % 10] ?? 'th');
  return `${place}${ending}`;
}
