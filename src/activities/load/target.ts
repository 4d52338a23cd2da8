import { LoadTerminalError } from './errors.ts';

/** The address under test; a path of the workload takes the place of its own, another host it cannot name. Throws LoadTerminalError. */
export function readTarget(target: string, path?: string): URL {
  if (URL.canParse(target) && /^https?:$/.test(new URL(target).protocol)) {
    const url = new URL(target);
    if (path !== undefined) [url.pathname = '/', url.search = ''] = path.split(/(?=\?)/);
    return url;
  }
  throw new LoadTerminalError(
    `"${target}" is no http or https address: correct deploymentURIsLocal of the deployment`,
  );
}
