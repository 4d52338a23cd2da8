import type { LoadWorkload } from '../../files/load.ts';
import type { EffectContext } from '../platform/platform.ts';
import { LoadTerminalError } from './errors.ts';
import type { JmeterLoad } from './jmeter-load.ts';
import type { LoadFiles } from './load-files.ts';
import type { LoadPrograms } from './load-program.ts';
import type { LoadRequest, LoadResult, LoadTool } from './load-tool.ts';
import type { LocustLoad } from './locust-load.ts';
import { nothingMeasured } from './reach.ts';

/** The tools that a project's files may ask for. */
export interface ProjectLoadParts {
  files: LoadFiles;
  programs: LoadPrograms;
  jmeter: JmeterLoad;
  locust: LocustLoad;
  builtIn: LoadTool;
  /** Connects to the target and sends nothing. */
  reach: LoadTool;
}

const HEALTH_CHECK = 'healthcheck';

/**
 * Chooses the tool by the project's files: Locust for a strategy that locust.conf.yaml names; JMeter for a workload whose script the
 * project holds, when there is a JMeter; else the built-in load, and then the message says why.
 */
export class ProjectLoad implements LoadTool {
  readonly #parts: ProjectLoadParts;

  constructor(parts: ProjectLoadParts) {
    this.#parts = parts;
  }

  async run(request: LoadRequest, context: EffectContext): Promise<LoadResult> {
    const { files } = this.#parts;
    const plan = await files.locustPlan(request);
    const jmeter = plan === 'no files' || (await files.hasJmeterFile(request));
    if (request.strategy === HEALTH_CHECK && !jmeter) return this.#parts.reach.run(request, context);
    if (typeof plan !== 'string' && (plan.teststrategy !== '' || !jmeter)) {
      const program = await this.#parts.programs.locust(context);
      if (typeof program === 'string') throw new LoadTerminalError(`${plan.script} cannot run: ${program}`);
      return this.#parts.locust.run(request, { workload: plan, program }, context);
    }
    if (!jmeter) return skipped(`locust/locust.conf.yaml has no workload for ${request.strategy}`);
    return this.#jmeter(request, context);
  }

  async #jmeter(request: LoadRequest, context: EffectContext): Promise<LoadResult> {
    const { files, builtIn, programs, reach, jmeter } = this.#parts;
    const workload = await files.jmeterWorkload(request);
    if (!(await files.has(request, workload.script))) return this.#withoutScript(request, workload, context);
    const program = await programs.jmeter(context);
    if (typeof program === 'string') {
      return explained(await builtIn.run(request, context), `${workload.script} was not read: ${program}`);
    }
    if (request.strategy === HEALTH_CHECK) {
      const reached = await reach.run(request, context);
      if (reached.result === 'fail') return reached;
    }
    return jmeter.run(request, { workload, program }, context);
  }

  async #hasScripts(request: LoadRequest): Promise<boolean> {
    const files = await this.#parts.files.folder(request, 'jmeter');
    return files.some(({ path }) => path.endsWith('.jmx'));
  }

  /** jmeter-service let such a workload pass without a run; a health check beside other scripts still only connects. */
  async #withoutScript(
    request: LoadRequest,
    workload: LoadWorkload,
    context: EffectContext,
  ): Promise<LoadResult> {
    if (request.strategy === HEALTH_CHECK && (await this.#hasScripts(request)))
      return this.#parts.reach.run(request, context);
    const why = workload.script === '' ? 'the workload names no script' : `${workload.script} is not there`;
    return explained(await this.#parts.builtIn.run(request, context), why);
  }
}

function explained(result: LoadResult, why: string): LoadResult {
  return {
    ...result,
    message: `${result.message} (measured by the built-in load with GET requests: ${why})`,
  };
}

function skipped(why: string): LoadResult {
  return { ...nothingMeasured(new Date()), result: 'pass', message: `Nothing was run: ${why}` };
}
