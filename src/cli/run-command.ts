import type { SettingFlags, Settings } from '../config/load.ts';
import type { RunOptions } from '../config/run-options.ts';

/** What the long-running commands need before they start: settings, and a signal that fires on SIGINT, SIGTERM or SIGHUP. */
export async function prepareRun(
  options: { config?: string; output: 'table' | 'json' },
  flags: SettingFlags = {},
): Promise<RunOptions & { settings: Settings }> {
  const { loadSettings } = await import('../config/load.ts');
  const settings = await loadSettings({ flags, configFile: options.config });
  // Reading it now reports a wrong level before anything has started.
  settings.get('logLevel');
  return { settings, signal: stopSignal(), output: options.output };
}

/** Fires on the first signal to stop; a second one ends the process at once. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new Error(`stopped by ${signal}`));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  return controller.signal;
}
