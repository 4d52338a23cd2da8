import { type NewEvent, NotFoundError, type SlipwayClient } from '../../client/index.ts';
import { parseEventType } from '../../contracts/events.ts';
import { parseShipyard } from '../../files/shipyard.ts';
import type { JsonObject } from '../../sequence/json.ts';
import { type SimulatedRun, simulate } from '../../sequence/simulate.ts';
import { printResult } from '../output/print.ts';

/** Prints the event that a trigger would send, and the tasks that would run in their order if each of them passed. */
export async function printDryRun(
  client: SlipwayClient,
  event: NewEvent,
  output: 'table' | 'json',
): Promise<void> {
  const runs = await simulatePassing(client, event);
  if (output === 'table') process.stdout.write(`${JSON.stringify(event, null, 2)}\n\n`);
  printResult(output, { event, runs }, () => ({
    head: ['stage', 'sequence', 'task', 'triggered by'],
    rows: runs.flatMap((run) =>
      run.tasks.map((task) => [run.stage, run.sequence, task.name, run.triggeredBy ?? 'this event']),
    ),
    empty: 'nothing would run',
  }));
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
