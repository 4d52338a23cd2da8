import type { LoadProgram, LoadPrograms } from '../activities/load/load-program.ts';
import type { EffectContext } from '../activities/platform/platform.ts';
import { ConfigurationError } from '../config/errors.ts';
import { ToolNotFoundError } from '../embedded/tools/errors.ts';
import { resolveTool } from '../embedded/tools/resolve.ts';

type ToolName = keyof LoadPrograms;

const FIRST_LINE = /^[^\n]*/;

/** Finds a tool's program: the path in SLIPWAY_JMETER or SLIPWAY_LOCUST, PATH, the cache, and when `fetch` allows it a registry. */
function localProgram(
  name: ToolName,
  env: NodeJS.ProcessEnv,
): (context: EffectContext, fetch: boolean) => Promise<string | ToolNotFoundError> {
  const given = env[`SLIPWAY_${name.toUpperCase()}`];
  let found: string | undefined;
  return async (context, fetch) => {
    if (given !== undefined && given !== '' && given !== 'fetch') return given;
    if (found !== undefined) return found;
    const onProgress = (text: string): void => context.progress(text);
    try {
      const tool = await resolveTool(name, { env, onProgress, fetch: fetch || given === 'fetch' });
      found = tool.path;
      return found;
    } catch (error) {
      if (error instanceof ToolNotFoundError) return error;
      throw error;
    }
  };
}

/** The load tools as programs of this machine, and how a job's program is found by its name. */
export function localLoadPrograms(env: NodeJS.ProcessEnv): {
  programs: LoadPrograms;
  findProgram: (name: string, context: EffectContext) => Promise<string | undefined>;
} {
  const finders = { jmeter: localProgram('jmeter', env), locust: localProgram('locust', env) };
  const asProgram = (path: string): LoadProgram => ({ command: [path], image: '' });
  return {
    programs: {
      // The built-in load can stand in for JMeter, so 70 MB are not fetched unasked.
      async jmeter(context) {
        const found = await finders.jmeter(context, false);
        if (typeof found === 'string') return asProgram(found);
        return 'no JMeter is on the PATH or in the cache; install it, or set SLIPWAY_JMETER to its program or to fetch';
      },
      async locust(context) {
        const found = await finders.locust(context, true);
        return typeof found === 'string' ? asProgram(found) : found.message;
      },
    },
    async findProgram(name, context) {
      if (name !== 'jmeter' && name !== 'locust') return undefined;
      const found = await finders[name](context, true);
      if (typeof found === 'string') return found;
      context.progress(FIRST_LINE.exec(found.message)?.[0] ?? '');
      return undefined;
    },
  };
}

/** The load tools as images of the cluster: SLIPWAY_JMETER_IMAGE with `jmeter` and SLIPWAY_LOCUST_IMAGE with `locust` on the PATH. */
export function clusterLoadPrograms(env: NodeJS.ProcessEnv): LoadPrograms {
  const program = (name: ToolName) => async (): Promise<LoadProgram | string> => {
    const variable = `SLIPWAY_${name.toUpperCase()}_IMAGE`;
    const image = env[variable];
    return image ? { command: [name], image } : `no image is named for it; set ${variable} of the workers`;
  };
  return { jmeter: program('jmeter'), locust: program('locust') };
}

/** Seconds that a load test may take, from SLIPWAY_LOAD_TIMEOUT; undefined for the default. Throws ConfigurationError. */
export function loadTimeoutSeconds(env: NodeJS.ProcessEnv): number | undefined {
  const value = env.SLIPWAY_LOAD_TIMEOUT;
  if (!value) return undefined;
  const seconds = Number(value);
  if (seconds >= 1) return seconds;
  throw new ConfigurationError(`SLIPWAY_LOAD_TIMEOUT is ${value}`, 'set it to a number of seconds');
}
