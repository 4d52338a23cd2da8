import type { Runner, RunRequest, RunResult } from '../../src/activities/runner/runner.ts';

/** A runner that answers what the test says, per image; without a word it succeeds. A run of a known name is joined. */
export class FakeRunner implements Runner {
  readonly requests: RunRequest[] = [];
  readonly #outcomes: { [image: string]: Partial<RunResult> | Error };
  readonly #runs = new Map<string, RunResult>();

  constructor(outcomes: { [image: string]: Partial<RunResult> | Error } = {}) {
    this.#outcomes = outcomes;
  }

  async run(request: RunRequest): Promise<RunResult> {
    const known = this.#runs.get(request.name);
    if (known !== undefined) return known;
    this.requests.push(request);
    const outcome = this.#outcomes[request.image] ?? {};
    if (outcome instanceof Error) throw outcome;
    const result: RunResult = {
      exitCode: 0,
      logs: `output of ${request.image}`,
      timedOut: false,
      outputs: {},
      ...outcome,
    };
    this.#runs.set(request.name, result);
    return result;
  }
}
