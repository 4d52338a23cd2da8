import type { CompiledSlo } from './compile.ts';
import { evaluateGate } from './evaluate.ts';
import type { GateResult, PreviousEvaluation, SliResult, Verdict } from './types.ts';

/** A stored evaluation with everything that a gate needs to judge it again. */
export interface PastEvaluation {
  readonly id: string;
  /** What was said then. */
  readonly result: string;
  readonly score: number;
  readonly invalidated: boolean;
  /** When it was judged, as stored; empty when unknown. */
  readonly time: string;
  readonly project: string;
  readonly stage: string;
  readonly service: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly SliResult[];
}

/** One run judged by the new gate, beside what was said about it. */
export interface BacktestRow {
  readonly past: PastEvaluation;
  readonly verdict: Verdict;
  /** `stopped` and `released` are runs that would have gone the other way. */
  readonly change: 'same' | 'stopped' | 'released' | 'other';
}

/**
 * What a gate would have said about past evaluations, oldest first in the answer. Each run is compared with
 * the runs before it under their new results, as if the gate had been there all the time; invalidated runs
 * are judged but not compared with. Runs of different services do not meet.
 */
export function backtest(slo: CompiledSlo, newestFirst: readonly PastEvaluation[]): BacktestRow[] {
  const histories = new Map<string, PreviousEvaluation[]>();
  const rows: BacktestRow[] = [];
  for (const past of [...newestFirst].reverse()) {
    const key = JSON.stringify([past.project, past.stage, past.service]);
    const history = histories.get(key) ?? [];
    histories.set(key, history);
    const { project, stage, service } = past;
    const verdict = evaluateGate({
      slo,
      sliResults: past.values,
      previousResults: history,
      project,
      stage,
      service,
    });
    rows.push({ past, verdict, change: changeOf(past.result, verdict.result) });
    history.unshift({
      id: past.id,
      result: verdict.result,
      invalidated: past.invalidated,
      indicatorResults: past.values,
    });
    // No comparison looks further back than 100 accepted runs, but rejected ones may lie between them.
    if (history.length > MAX_HISTORY) history.pop();
  }
  return rows;
}

const MAX_HISTORY = 1000;

function changeOf(before: string, now: GateResult): BacktestRow['change'] {
  if (before === now) return 'same';
  if (now === 'fail') return 'stopped';
  return before === 'fail' ? 'released' : 'other';
}
