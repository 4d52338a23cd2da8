import type { Command } from 'commander';
import { registerGetEvaluations } from './evaluations.ts';
import { registerGetEvents } from './events.ts';
import { registerGetProjects } from './projects.ts';
import { registerGetResources } from './resources.ts';
import { registerGetSequences } from './sequences.ts';
import { registerGetServices } from './services.ts';
import { registerGetStages } from './stages.ts';

/** `slipway get …`; the singular of each name works too, as with the keptn CLI. */
export function registerGet(program: Command): void {
  const group = program
    .command('get')
    .helpCommand(false)
    .description('list what exists and what has happened');
  registerGetProjects(group);
  registerGetStages(group);
  registerGetServices(group);
  registerGetSequences(group);
  registerGetEvaluations(group);
  registerGetResources(group);
  registerGetEvents(group);
}
