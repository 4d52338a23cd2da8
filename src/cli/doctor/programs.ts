import { TOOLS, type ToolName } from '../../embedded/tools/catalogue.ts';
import { ToolNotFoundError } from '../../embedded/tools/errors.ts';
import { resolveTool } from '../../embedded/tools/resolve.ts';
import { type Finding, ok, warning } from './check.ts';

/** Every external program that Slipway may use: where it was found. Nothing is fetched. */
export function checkPrograms(): Promise<Finding[]> {
  const names = Object.keys(TOOLS).filter((name): name is ToolName => name in TOOLS);
  return Promise.all(names.map(checkProgram));
}

async function checkProgram(name: ToolName): Promise<Finding> {
  try {
    const { path, version, origin } = await resolveTool(name, { fetch: false });
    return ok(name, `${version}, ${path} (${origin === 'path' ? 'PATH' : origin})`);
  } catch (error) {
    if (!(error instanceof ToolNotFoundError)) throw error;
    return warning(
      name,
      'neither on the PATH nor in the cache',
      `it is fetched when it is needed. ${TOOLS[name].advice}`,
    );
  }
}
