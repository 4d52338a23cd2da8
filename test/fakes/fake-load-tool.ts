import type { LoadRequest, LoadResult, LoadTool } from '../../src/activities/load/load-tool.ts';

/** A load tool that answers what the test says, per strategy; without a word it passes. */
export class FakeLoadTool implements LoadTool {
  readonly requests: LoadRequest[] = [];
  readonly #outcomes: { [strategy: string]: Partial<LoadResult> | Error };
  #seconds = 0;

  constructor(outcomes: { [strategy: string]: Partial<LoadResult> | Error } = {}) {
    this.#outcomes = outcomes;
  }

  async run(request: LoadRequest): Promise<LoadResult> {
    this.requests.push(request);
    const outcome = this.#outcomes[request.strategy] ?? {};
    if (outcome instanceof Error) throw outcome;
    const time = () => new Date(Date.UTC(2026, 0, 1, 0, 0, this.#seconds++)).toISOString();
    return {
      start: time(),
      end: time(),
      requests: 10,
      errors: 0,
      latency: { average: 1, p50: 1, p90: 2, p95: 2, p99: 3, max: 3 },
      result: 'pass',
      message: '',
      ...outcome,
    };
  }
}
