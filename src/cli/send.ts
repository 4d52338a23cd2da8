import type { Command } from 'commander';
import { z } from 'zod';
import type { NewEvent } from '../client/index.ts';
import { connect } from './api-client.ts';
import { type ApiOptions, withApi, withExample } from './options.ts';
import { readInput } from './read-input.ts';
import { UsageError } from './usage-error.ts';

/** `slipway send event` */
export function registerSend(program: Command): void {
  const group = program.command('send').helpCommand(false).description('send a Keptn event');
  const command = group
    .command('event')
    .description('send an event from a JSON file; id and time are set by the API')
    .requiredOption('-f, --file <file>', 'JSON file with type and data, or - for stdin');
  withApi(command).action(async (options: ApiOptions & { file: string }) => {
    const event = parseEvent((await readInput(options.file)).toString('utf8'), options.file);
    const started = await (await connect(options)).sendEvent(event);
    const { printDone } = await import('./output/print.ts');
    printDone(options.output, started, `ID of Keptn context: ${started.keptnContext}`);
  });
  withExample(command, 'slipway send event --file problem.json');
}

const eventSchema = z.object({
  type: z.string().min(1),
  source: z.string().nullish(),
  shkeptncontext: z.string().nullish(),
  triggeredid: z.string().nullish(),
  gitcommitid: z.string().nullish(),
  data: z.record(z.string(), z.json()),
});

function parseEvent(text: string, file: string): NewEvent {
  const parsed = eventSchema.safeParse(parseJson(text, file));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UsageError(
      `${file} is no event: ${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'wrong shape'}`,
      'an event has type, source and data with project, stage and service',
    );
  }
  const { type, data, source, shkeptncontext, triggeredid, gitcommitid } = parsed.data;
  return {
    type,
    data,
    ...(source ? { source } : {}),
    ...(shkeptncontext ? { shkeptncontext } : {}),
    ...(triggeredid ? { triggeredid } : {}),
    ...(gitcommitid ? { gitcommitid } : {}),
  };
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${file} is no JSON: ${reason}`, 'correct the file; YAML is not accepted here');
  }
}
