import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { note, paint } from '../../cli/output/print.ts';
import { describe } from '../../cli/output/progress.ts';
import { SlipwayClient } from '../../client/index.ts';
import type { DevState } from '../../config/dev-state.ts';
import type { DemoOptions, RunEnd } from '../../config/run-options.ts';
import { createLogger } from '../../logging.ts';
import { type Dev, startDev } from '../start-dev.ts';
import { ACTS, PROJECT, STAGES } from './acts.ts';
import { type ActOutcome, playAct, serviceUrl } from './play.ts';
import { setUpProject } from './project.ts';
import { reportAct } from './report.ts';

/** The podtato-head tour: starts an embedded platform of its own, plays the acts, and tells whether all went as told. */
export async function runDemo(options: DemoOptions): Promise<RunEnd> {
  const stateDir = options.stateDir ?? (await mkdtemp(join(tmpdir(), 'slipway-demo-')));
  const dev = await startPlatform(options, stateDir);
  try {
    const outcomes = await playActs(options, dev.state);
    const failed = outcomes.filter((outcome) => outcome.differences.length > 0);
    if (options.output === 'json') printJson(dev.state, outcomes);
    else say(summary(dev.state, outcomes.length, failed.length));
    if (options.keep) await lookAround(options, dev.state);
    return { exitCode: failed.length === 0 ? 0 : 2 };
  } catch (error) {
    if (!options.signal.aborted) throw error;
    note('stopped before the end of the tour');
    return { exitCode: 130 };
  } finally {
    note('stopping everything that the tour has started …');
    await dev.stop();
    if (options.stateDir === undefined) await rm(stateDir, { recursive: true, force: true });
  }
}

function startPlatform({ settings }: DemoOptions, stateDir: string): Promise<Dev> {
  const level = settings.source('logLevel') === 'default' ? 'warn' : settings.get('logLevel');
  return startDev({
    stateDir,
    inMemory: false,
    logger: createLogger({ component: 'demo', level }),
    logLevel: level,
    onProgress: note,
  });
}

async function playActs(options: DemoOptions, state: DevState): Promise<ActOutcome[]> {
  const { signal, output, act: only } = options;
  const client = new SlipwayClient({ endpoint: state.endpoint, token: state.token });
  note(`Temporal UI: ${state.temporalUi}`);
  note('creating the project podtato-head from demo/podtato-head');
  await setUpProject(client, options.speed);
  const outcomes: ActOutcome[] = [];
  // Acts 2 and 3 are about what act 1 has left running.
  for (const act of ACTS.filter(({ number }) => only === undefined || number === 1 || number === only)) {
    const title = `Act ${act.number}: ${act.title}`;
    note(`\n${paint('bold', title)}\n${act.story}\n`);
    const outcome = await playAct(act, {
      client,
      signal,
      note: (text) => note(`  ${text}`),
      onEvent: (event) => {
        for (const line of describe(event)) note(`  ${line}`);
      },
    });
    outcomes.push(outcome);
    if (output === 'table') say(`\n${reportAct(outcome)}`);
  }
  return outcomes;
}

function printJson(state: DevState, outcomes: ActOutcome[]): void {
  const acts = outcomes.map(({ act, run, evaluation, serving, differences }) => ({
    act: act.number,
    title: act.title,
    asTold: differences.length === 0,
    differences,
    serving,
    run,
    evaluation: evaluation?.data.evaluation,
  }));
  say(JSON.stringify({ temporalUi: state.temporalUi, acts }, null, 2));
}

function summary(state: DevState, acts: number, failed: number): string {
  const verdict =
    failed === 0
      ? paint('green', `All ${acts} acts went as told.`)
      : paint('red', `${failed} of ${acts} acts did not go as told.`);
  return `${verdict} Temporal UI while the tour runs: ${state.temporalUi}`;
}

async function lookAround({ signal }: DemoOptions, state: DevState): Promise<void> {
  const client = new SlipwayClient({ endpoint: state.endpoint, token: state.token });
  const urls = await Promise.all(STAGES.map((stage) => serviceUrl(client, stage)));
  note(
    [
      '',
      'Everything stays up until Ctrl-C. Look around:',
      `  Temporal UI   ${state.temporalUi}`,
      `  Prometheus    ${state.prometheus}`,
      ...STAGES.map((stage, index) => `  ${stage.padEnd(13)} ${urls[index] ?? '-'}`),
      '',
      `  export SLIPWAY_ENDPOINT=${state.endpoint} SLIPWAY_TOKEN=${state.token}`,
      `  npx slipway get sequences --project ${PROJECT}`,
      `  npx slipway get evaluations --project ${PROJECT}`,
      '',
    ].join('\n'),
  );
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
