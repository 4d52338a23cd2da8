import type { Command } from 'commander';
import { registerCreateProject } from './project.ts';
import { registerCreateService } from './service.ts';

/** `slipway create …` */
export function registerCreate(program: Command): void {
  const group = program.command('create').helpCommand(false).description('create a project or a service');
  registerCreateProject(group);
  registerCreateService(group);
}
