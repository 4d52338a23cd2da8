import { CommanderError } from 'commander';
import { EXIT } from './exit-codes.ts';

/** Writes a failed command's error to stderr, one plain sentence and what to do; answers the exit code. */
export function reportFailure(error: unknown, write: (text: string) => void): number {
  if (error instanceof CommanderError) return exitOf(error);
  write(`slipway: ${sentence(error)}\n`);
  const hint = hintOf(error);
  if (hint !== undefined) write(`  hint: ${hint}\n`);
  if (process.env.SLIPWAY_DEBUG && error instanceof Error) write(`${error.stack ?? ''}\n`);
  return EXIT.error;
}

/** Commander has written its message already; help and version are no errors. */
function exitOf(error: CommanderError): number {
  const asked = ['commander.helpDisplayed', 'commander.version'];
  return asked.includes(error.code) ? EXIT.ok : EXIT.error;
}

function sentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const expected = 'hint' in error || /^[A-Z]\w+Error$/.test(error.name);
  const text = error.message.trim() || error.name;
  return expected ? text : `${error.name}: ${text}`;
}

function hintOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('hint' in error)) return undefined;
  return typeof error.hint === 'string' && error.hint !== '' ? error.hint : undefined;
}
