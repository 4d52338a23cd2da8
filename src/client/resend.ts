import { setTimeout as delay } from 'node:timers/promises';
import { isAxiosError } from 'axios';

/** Milliseconds in which a server that died while it had the request is waited for. */
const PATIENCE_MS = 20_000;
const PAUSE_MS = 250;
/** The connection ended after the request had gone out: nobody knows what became of it. */
const BROKEN: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ERR_BAD_RESPONSE',
  'ERR_STREAM_PREMATURE_CLOSE',
]);
const ABSENT: ReadonlySet<string> = new Set(['ECONNREFUSED']);

/**
 * Sends a request that may be repeated, again while the server that broke off is away. A server that was never there is
 * told at once.
 */
export async function resending<T>(send: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (let broke = false; ; ) {
    try {
      return await send();
    } catch (error) {
      const code = isAxiosError(error) ? (error.code ?? '') : '';
      broke ||= BROKEN.has(code);
      const again = BROKEN.has(code) || (broke && ABSENT.has(code));
      if (!again || Date.now() > deadline) throw error;
      await delay(PAUSE_MS, undefined, signal === undefined ? {} : { signal });
    }
  }
}
