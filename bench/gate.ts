/**
 * Throughput of the quality gate: objectives × previous runs in {1, 10, 50, 200} squared, and the batch
 * command from end to end. Run with `node bench/gate.ts`; prints one row per sample and a table of medians.
 * The history holds as many runs as stated; the comparison counts up to 100 of them, the store's limit.
 */
import { Readable, Writable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { runBatch } from '../src/cli/gate/batch.ts';
import { compileSlo } from '../src/gate/compile.ts';
import { evaluateGate, type GateInput } from '../src/gate/evaluate.ts';
import type { PreviousEvaluation, Slo } from '../src/gate/types.ts';
import { median, printRow, printTable } from './report.ts';

const SIZES = [1, 10, 50, 200];
const SAMPLES = 5;
const SAMPLE_MS = 150;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

interface Scenario {
  readonly input: GateInput;
  readonly sloText: string;
}

/** A gate with relative and absolute criteria; metric names are of equal length, as in real files. */
function scenario(objectives: number, runs: number): Scenario {
  const name = (index: number): string => `response_time_p95_${String(index).padStart(4, '0')}`;
  const metrics = Array.from({ length: objectives }, (_, index) => name(index));
  const slo: Slo = {
    specVersion: '1.0',
    filter: {},
    comparison: {
      compareWith: 'several_results',
      includeResultWithScore: 'all',
      numberOfComparisonResults: Math.min(runs, 100),
      aggregateFunction: 'avg',
    },
    objectives: metrics.map((sli) => ({
      sli,
      displayName: '',
      pass: [{ criteria: ['<=+10%', '<600'] }],
      warning: [{ criteria: ['<=800'] }],
      weight: 1,
      keySli: false,
    })),
    totalScore: { pass: '90%', warning: '75%' },
  };
  // Parsed from JSON so that strings of the history are not the very objects of the objectives.
  const previousResults = JSON.parse(
    JSON.stringify(
      Array.from({ length: runs }, (_, run) => ({
        id: `run-${run}`,
        result: 'pass',
        indicatorResults: metrics.map((metric, index) => ({
          metric,
          value: 100 + ((run * 7 + index) % 13),
          success: true,
        })),
      })),
    ),
  ) as PreviousEvaluation[];
  const sliResults = metrics.map((metric, index) => ({ metric, value: 100 + (index % 20), success: true }));
  const input = { slo, sliResults, previousResults, project: 'p', stage: 's', service: 'svc' };
  return { input, sloText: sloYaml(slo) };
}

function sloYaml(slo: Slo): string {
  const objectives = slo.objectives.map(
    ({ sli }) =>
      `  - sli: ${sli}\n    pass:\n      - criteria: ["<=+10%", "<600"]\n    warning:\n      - criteria: ["<=800"]\n`,
  );
  const { numberOfComparisonResults } = slo.comparison;
  return `spec_version: "1.0"\ncomparison:\n  compare_with: several_results\n  number_of_comparison_results: ${numberOfComparisonResults}\nobjectives:\n${objectives.join('')}total_score:\n  pass: "90%"\n  warning: "75%"\n`;
}

function perSecond(work: () => void): number {
  const until = performance.now() + SAMPLE_MS;
  const start = performance.now();
  let rounds = 0;
  let now = start;
  while (now < until) {
    work();
    rounds++;
    if (rounds % 8 === 0 || now - start > 5) now = performance.now();
  }
  return rounds / ((performance.now() - start) / 1000);
}

function bytesPer(work: () => void): number {
  const rounds = 20;
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let round = 0; round < rounds; round++) work();
  return Math.max(0, process.memoryUsage().heapUsed - before) / rounds;
}

function benchEvaluations(): void {
  const rows: string[][] = [];
  for (const objectives of SIZES) {
    for (const runs of SIZES) {
      const { input } = scenario(objectives, runs);
      const compiled = { ...input, slo: compileSlo(input.slo as Slo) };
      perSecond(() => evaluateGate(input));
      const samples = Array.from({ length: SAMPLES }, () => perSecond(() => evaluateGate(input)));
      const precompiled = Array.from({ length: SAMPLES }, () => perSecond(() => evaluateGate(compiled)));
      printRow('gate', { objectives, runs, perSecond: samples, precompiledPerSecond: precompiled });
      const rate = median(samples);
      rows.push([
        String(objectives),
        String(runs),
        rate.toFixed(0),
        (1e6 / rate).toFixed(1),
        median(precompiled).toFixed(0),
        bytesPer(() => evaluateGate(input)).toFixed(0),
      ]);
    }
  }
  printTable(['objectives', 'runs', 'evaluations/s', 'µs each', 'compiled once/s', 'bytes each'], rows);
}

async function benchBatch(): Promise<void> {
  const rows: string[][] = [];
  for (const [objectives, runs, cases] of [
    [1, 1, 20_000],
    [10, 10, 2_000],
    [50, 50, 100],
    [200, 200, 10],
  ] as const) {
    const { input, sloText } = scenario(objectives, runs);
    const { sliResults, previousResults } = input;
    const line = `${JSON.stringify({ id: 'x', slo: sloText, sliResults, previousResults })}\n`;
    const samples: number[] = [];
    for (let sample = 0; sample < SAMPLES; sample++) {
      const start = performance.now();
      await runBatch(
        Readable.from(repeat(line, cases)),
        new Writable({ write: (_chunk, _encoding, done) => done() }),
      );
      samples.push(cases / ((performance.now() - start) / 1000));
    }
    printRow('batch', { objectives, runs, casesPerSecond: samples });
    const rate = median(samples);
    rows.push([String(objectives), String(runs), rate.toFixed(0), ((rate * line.length) / 1e6).toFixed(1)]);
  }
  printTable(['objectives', 'runs', 'batch cases/s', 'MB/s'], rows);
}

function* repeat(line: string, times: number): Generator<Buffer> {
  const chunk = Buffer.from(line);
  for (let count = 0; count < times; count++) yield chunk;
}

benchEvaluations();
await benchBatch();
