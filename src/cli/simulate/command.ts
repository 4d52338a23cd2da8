import type { Readable, Writable } from 'node:stream';
import { formatProblem } from '../../files/problem.ts';
import { parseYaml } from '../../files/yaml/parse.ts';
import { type JsonObject, textAt } from '../../sequence/json.ts';
import { type Simulation, type SimulationResult, simulate } from '../../sequence/simulate.ts';
import type { Shipyard } from '../../sequence/types.ts';
import { readInput } from '../read-input.ts';
import type { SimulateOptions } from '../simulate.ts';
import { runBatch } from './batch.ts';
import { SimulateInputError } from './errors.ts';
import { drawShipyard } from './mermaid.ts';
import { readData, readResponses } from './schemas.ts';
import { usableShipyard } from './shipyard-input.ts';
import { renderSimulation } from './table.ts';

/** Where the command reads and writes; tests give streams of their own. */
export interface SimulateIo {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/**
 * Runs `slipway simulate`: one dry run, a drawing of the shipyard, or a batch.
 * @throws SimulateInputError or UsageError when a file or an option cannot be used
 */
export async function simulateCommand(options: SimulateOptions, io: SimulateIo): Promise<void> {
  if (options.batch === true) {
    await runBatch(io.stdin, io.stdout);
    return;
  }
  if (options.shipyard === undefined) {
    throw new SimulateInputError('--shipyard is missing: name the shipyard.yaml to play');
  }
  const text = (await readInput(options.shipyard)).toString('utf8');
  const { shipyard, problems } = usableShipyard(text, options.shipyard);
  for (const problem of problems) io.stderr.write(`${formatProblem(problem)}\n`);
  if (options.trigger === undefined && options.output === 'mermaid') {
    io.stdout.write(`${drawShipyard(shipyard)}\n`);
    return;
  }
  const simulation = await readSimulation(options, shipyard);
  const result = simulate(simulation);
  io.stdout.write(`${render(options.output, simulation, result)}\n`);
}

function render(output: SimulateOptions['output'], simulation: Simulation, result: SimulationResult): string {
  switch (output) {
    case 'json':
      return JSON.stringify(result, null, 2);
    case 'mermaid':
      return drawShipyard(simulation.shipyard, result);
    case 'table':
      return renderSimulation(result);
  }
}

async function readSimulation(options: SimulateOptions, shipyard: Shipyard): Promise<Simulation> {
  const { stage, sequence } = readTrigger(options.trigger);
  const given = options.data === undefined ? {} : readData(await readValue(options.data), options.data);
  const project = options.project ?? (textAt(given, 'project') || 'project');
  const service = options.service ?? (textAt(given, 'service') || 'service');
  const data: JsonObject = { ...given, project, stage, service };
  const responses =
    options.responses === undefined
      ? []
      : readResponses(await readValue(options.responses), options.responses);
  return {
    shipyard,
    trigger: { project, stage, service, sequence, data },
    responses,
    ...(options.assume === 'none' ? {} : { assume: options.assume }),
  };
}

function readTrigger(text: string | undefined): { stage: string; sequence: string } {
  const [stage, sequence, ...rest] = (text ?? '').split('.');
  if (stage && sequence && rest.length === 0) return { stage, sequence };
  const what = text === undefined ? '--trigger is missing' : `--trigger: "${text}" cannot be read`;
  throw new SimulateInputError(`${what}: write <stage>.<sequence>, such as dev.delivery`);
}

/** Reads a YAML or JSON file. */
async function readValue(file: string): Promise<unknown> {
  const text = (await readInput(file)).toString('utf8');
  const { value, problems } = parseYaml(text, { file });
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new SimulateInputError(errors.map(formatProblem).join('\n'));
  return value;
}
