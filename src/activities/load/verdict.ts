import type { LoadWorkload } from '../../files/load.ts';
import type { LoadResult } from './load-tool.ts';

/** What a verdict is made of. */
export interface Measured {
  requests: number;
  errors: number;
  /** First failure in plain words. */
  firstError?: string | undefined;
  /** Milliseconds. */
  average: number;
}

/** jmeter-service's rule: no error at all for functional tests, else the accepted rate, and the average answer time. */
export function judge(
  workload: Pick<LoadWorkload, 'teststrategy' | 'acceptederrorrate' | 'avgrtvalidation'>,
  { requests, errors, firstError, average }: Measured,
): Pick<LoadResult, 'result' | 'message'> {
  const counted = `${errors} of ${requests} requests failed${firstError ? ` (first: ${firstError})` : ''}`;
  const accepted = Math.floor(workload.acceptederrorrate * requests);
  if (workload.teststrategy === 'functional' && errors > 0) {
    return { result: 'fail', message: `${counted}; a functional test accepts none` };
  }
  if (errors > accepted) return { result: 'fail', message: `${counted}; accepted are ${accepted}` };
  if (workload.avgrtvalidation > 0 && average > workload.avgrtvalidation) {
    return {
      result: 'fail',
      message: `the average answer took ${average} ms; accepted are ${workload.avgrtvalidation} ms`,
    };
  }
  return { result: 'pass', message: `${counted}, average ${average} ms` };
}
