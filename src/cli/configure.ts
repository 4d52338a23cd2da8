import { setTimeout as delay } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { dump } from 'js-yaml';
import type { SlipwayClient } from '../client/index.ts';
import type { Json } from '../contracts/json.ts';
import { connect } from './api-client.ts';
import { EXIT } from './exit-codes.ts';
import { type ApiOptions, withApiAddress, withExample, withExitCodes } from './options.ts';

interface Options extends Omit<ApiOptions, 'output'> {
  output: 'table' | 'json' | 'yaml';
  project: string;
  service?: string;
}

/** `slipway configure monitoring` */
export function registerConfigure(program: Command): void {
  const group = program
    .command('configure')
    .helpCommand(false)
    .description('configure monitoring of a project');
  const command = group
    .command('monitoring')
    .description('name the SLI provider of a project, for example prometheus')
    .argument(
      '<provider>',
      'prometheus, dynatrace, datadog, sumologic, or a name that an integration measures for',
    )
    .requiredOption('-p, --project <name>', 'project')
    .option('-s, --service <name>', 'service; prometheus makes alerts of its slo.yaml and remediation.yaml');
  const output = new Option(
    '-o, --output <format>',
    'table for people, json for programs, yaml for the alert rules alone',
  );
  withApiAddress(command)
    .addOption(output.choices(['table', 'json', 'yaml']).default('table'))
    .action(runCommand);
  withExitCodes(
    command,
    '0  configured',
    '1  sent, but nobody answered within 30 s',
    '2  refused by the provider',
    '3  the command itself failed',
  );
  withExample(
    command,
    'slipway configure monitoring prometheus --project podtato-head --service helloservice',
    'slipway configure monitoring prometheus -p shop -s carts -o yaml > alerts.yml',
  );
}

async function runCommand(provider: string, options: Options): Promise<void> {
  const { project, service, output } = options;
  const client = await connect(options);
  const { keptnContext } = await client.configureMonitoring({ provider, project, service });
  const answer = await answerTo(client, keptnContext);
  const { printDone } = await import('./output/print.ts');
  const message = answer?.data.message ?? '';
  const text =
    answer === undefined
      ? 'Sent; no answer came within 30 s.'
      : message || `Monitoring by ${provider} configured.`;
  const rules = answer?.data['x-alert-rules'];
  if (output === 'yaml') printRules(rules, text);
  else {
    const shown = { keptnContext, answered: answer !== undefined, message };
    printDone(output, rules === undefined ? shown : { ...shown, rules }, text);
  }
  if (answer === undefined) process.exitCode = EXIT.warning;
  else if (answer.data.result === 'fail' || answer.data.status === 'errored') process.exitCode = EXIT.fail;
}

/** A Prometheus rule file on stdout, everything else on stderr. */
function printRules(rules: Json | undefined, text: string): void {
  process.stderr.write(`${text}\n`);
  if (rules !== undefined) process.stdout.write(dump(rules, { lineWidth: -1 }));
}

/** configure-monitoring.finished of the context, looked for each second for half a minute. */
async function answerTo(client: SlipwayClient, keptnContext: string) {
  const type = 'sh.keptn.event.configure-monitoring.finished';
  const until = Date.now() + 30_000;
  for (;;) {
    const [answer] = await client.events({ keptnContext, type });
    if (answer !== undefined || Date.now() >= until) return answer;
    await delay(1000);
  }
}
