/**
 * Judgements of a canary per second at n samples per side, with its parts. Run with
 * `node bench/gate-statistics.ts`; prints one row per sample and a table of medians.
 */
import { CANARY_DEFAULTS, judgeCanary } from '../src/gate/statistics/canary.ts';
import { hodgesLehmann } from '../src/gate/statistics/hodges-lehmann.ts';
import { mannWhitney } from '../src/gate/statistics/mann-whitney.ts';
import { compareSpread } from '../src/gate/statistics/variance.ts';
import { median, printRow, printTable } from './report.ts';

const SIZES = [30, 60, 360, 1440];
const SAMPLES = 5;
const SAMPLE_MS = 200;

/** Latency-like values from a fixed linear congruential generator, so that every run judges the same. */
function series(count: number, seed: number, level: number): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return level * (1 - Math.log1p(-state / 2 ** 32) / 4);
  });
}

function perSecond(work: () => void): number {
  const start = performance.now();
  let rounds = 0;
  while (performance.now() - start < SAMPLE_MS) {
    work();
    rounds++;
  }
  return rounds / ((performance.now() - start) / 1000);
}

const rows: string[][] = [];
for (const size of SIZES) {
  const primary = series(size, 1, 100);
  const canary = series(size, 2, 104);
  const timed = (values: number[]) => ({ values: values.map((value, time) => ({ time, value })) });
  const samples = { primary: timed(primary), canary: timed(canary) };
  const rule = { ...CANARY_DEFAULTS, maximumSpread: 3 };
  const parts: Record<string, () => void> = {
    judgement: () => judgeCanary(samples, rule),
    mannWhitney: () => mannWhitney(canary, primary, 'greater'),
    hodgesLehmann: () => hodgesLehmann(canary, primary),
    spread: () => compareSpread(canary, primary),
  };
  const medians: string[] = [];
  for (const [part, work] of Object.entries(parts)) {
    perSecond(work);
    const rates = Array.from({ length: SAMPLES }, () => perSecond(work));
    printRow('gate-statistics', { size, part, perSecond: rates });
    medians.push(median(rates).toFixed(0));
  }
  rows.push([String(size), ...medians]);
}
printTable(['n per side', 'judgements/s', 'Mann–Whitney/s', 'Hodges–Lehmann/s', 'spread/s'], rows);
