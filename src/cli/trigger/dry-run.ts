import {
  type DeploymentPreview,
  type NewEvent,
  NotFoundError,
  type SlipwayClient,
  SlipwayError,
} from '../../client/index.ts';
import { parseEventType } from '../../contracts/events.ts';
import { parseShipyard } from '../../files/shipyard.ts';
import type { JsonObject } from '../../sequence/json.ts';
import { type SimulatedRun, simulate } from '../../sequence/simulate.ts';
import { EXIT } from '../exit-codes.ts';
import { note, printResult, renderTable } from '../output/print.ts';
import { startProgress } from '../output/progress.ts';
import { renderPreviews } from './preview-table.ts';

/**
 * Prints the event that a trigger would send, the tasks that would run in their order if each of them passed, and what their
 * deployments would change. Exit code 1 when no worker tells the changes, 2 when a deployment would fail.
 */
export async function printDryRun(
  client: SlipwayClient,
  event: NewEvent,
  output: 'table' | 'json',
): Promise<void> {
  const runs = await simulatePassing(client, event);
  const { previews, unknown } = await previewsOf(client, event);
  if (output === 'json') {
    printResult(output, { event, runs, previews }, () => ({ head: [], rows: [], empty: '' }));
  } else {
    const parts = [JSON.stringify(event, null, 2), renderTable(taskRows(runs))];
    if (previews.length > 0) parts.push(renderPreviews(previews));
    process.stdout.write(`${parts.join('\n\n')}\n`);
  }
  if (unknown !== undefined) note(`what the deployments would change is not known: ${unknown}`);
  if (previews.some(({ problem }) => problem !== undefined)) process.exitCode = EXIT.fail;
}

function taskRows(runs: readonly SimulatedRun[]): Parameters<typeof renderTable>[0] {
  return {
    head: ['stage', 'sequence', 'task', 'triggered by'],
    rows: runs.flatMap((run) =>
      run.tasks.map((task) => [run.stage, run.sequence, task.name, run.triggeredBy ?? 'this event']),
    ),
    empty: 'nothing would run',
  };
}

/** Keptn itself has no preview, and without a worker nobody knows the cluster. */
async function previewsOf(
  client: SlipwayClient,
  event: NewEvent,
): Promise<{ previews: DeploymentPreview[]; unknown?: string }> {
  const progress = startProgress('asking a worker what would change');
  try {
    return { previews: await client.previewDeployments(event) };
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    if (!(error instanceof NotFoundError)) process.exitCode = EXIT.warning;
    const unknown = error instanceof NotFoundError ? 'this API has no previews' : error.message;
    return { previews: [], unknown };
  } finally {
    progress.stop();
  }
}

async function simulatePassing(client: SlipwayClient, event: NewEvent): Promise<SimulatedRun[]> {
  const type = parseEventType(event.type);
  const { project = '', stage = '', service = '' } = event.data;
  const { shipyard } = parseShipyard((await client.project(project)).shipyard ?? '', {
    file: 'shipyard.yaml',
  });
  if (shipyard === undefined || type?.of !== 'sequence') {
    throw new NotFoundError(
      `the API shows no usable shipyard of project ${project}`,
      'leave --dry-run out, or check the shipyard with `slipway validate`',
    );
  }
  const data: JsonObject = JSON.parse(JSON.stringify(event.data));
  const trigger = { project, stage, service, sequence: type.sequence, data };
  return simulate({ shipyard, trigger, responses: [], assume: 'pass' }).runs;
}
