import type { EventData } from '../../contracts/events.ts';
import { resolveTimeframe, type Timeframe } from '../../gate/timeframe.ts';
import { parseDuration } from '../../sequence/duration.ts';
import { objectAt, textAt } from './payload.ts';

/** The interval in which Keptn's prometheus-service 0.9 let Prometheus scrape. */
const DEFAULT_STEP_SECONDS = 5;
/** More samples than this per side and SLI make the run's history large without making the judgement better. */
const MAX_SAMPLES = 500;

/** The window of an evaluation.triggered event, or why there is none. */
export function evaluationWindow(data: EventData, now: Date): Timeframe {
  const times = (key: string) => {
    const block = objectAt(data, key);
    return { start: textAt(block, 'start'), end: textAt(block, 'end') };
  };
  const timeframe = textAt(objectAt(data, 'evaluation'), 'timeframe');
  return resolveTimeframe({ evaluation: { ...times('evaluation'), timeframe }, test: times('test') }, now);
}

/**
 * Seconds between two samples of a comparison: the evaluation's property `x-step`, a duration of at least a second,
 * else 5; longer in a window that would have more than 500 samples. A step below the scrape interval would count the
 * same measurement several times.
 */
export function sampleStep(data: EventData, seconds: number): number {
  const asked = (parseDuration(textAt(objectAt(data, 'evaluation'), 'x-step')) ?? 0) / 1000;
  const step = asked >= 1 ? asked : DEFAULT_STEP_SECONDS;
  return Math.max(step, Math.ceil(seconds / MAX_SAMPLES));
}
