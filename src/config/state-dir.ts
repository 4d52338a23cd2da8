import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Folder that `slipway dev` keeps its state in when nothing else is set:
 * `$XDG_STATE_HOME/slipway`, by default `~/.local/state/slipway`.
 */
export function defaultStateDir(env: NodeJS.ProcessEnv = process.env): string {
  const base = env.XDG_STATE_HOME ? env.XDG_STATE_HOME : join(homedir(), '.local', 'state');
  return join(base, 'slipway');
}
