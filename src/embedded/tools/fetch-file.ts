import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import axios, { isAxiosError } from 'axios';
import { ToolSourceError } from './errors.ts';
import type { OnProgress } from './tool.ts';

export interface FetchFileOptions {
  /** Lower-case hexadecimal. */
  sha256: string;
  /** Seconds until the first byte: short, so that a closed network falls through fast. */
  connectSeconds?: number;
  /** Seconds for the whole file. */
  totalSeconds?: number;
  maxBytes?: number;
  onProgress: OnProgress;
}

/** Downloads to `target` and compares the checksum. Throws ToolSourceError: host unreachable, status, size, or other content. */
export async function fetchFile(url: string, target: string, options: FetchFileOptions): Promise<void> {
  const maxBytes = options.maxBytes ?? 400_000_000;
  const signal = AbortSignal.timeout((options.totalSeconds ?? 600) * 1000);
  const stream = await open(url, options.connectSeconds ?? 8, signal);
  const hash = createHash('sha256');
  let received = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      if (Math.floor((received + chunk.length) / 20_000_000) > Math.floor(received / 20_000_000)) {
        options.onProgress(`${Math.round((received + chunk.length) / 1_000_000)} MB of ${url}`);
      }
      received += chunk.length;
      if (received > maxBytes) done(new ToolSourceError(`${url} is larger than ${maxBytes} bytes`));
      else done(null, chunk);
    },
  });
  try {
    await pipeline(stream, measure, createWriteStream(target), { signal });
  } catch (cause) {
    if (cause instanceof ToolSourceError) throw cause;
    throw new ToolSourceError(`${url}: the download broke off after ${received} bytes`, { cause });
  }
  const actual = hash.digest('hex');
  if (actual !== options.sha256) {
    throw new ToolSourceError(
      `${url} has sha256 ${actual}, pinned is ${options.sha256}: it was not used; a proxy may have changed it`,
    );
  }
}

async function open(url: string, connectSeconds: number, signal: AbortSignal): Promise<Readable> {
  const firstByte = new AbortController();
  const timer = setTimeout(() => firstByte.abort(), connectSeconds * 1000);
  try {
    const response = await axios.get<Readable>(url, {
      responseType: 'stream',
      signal: AbortSignal.any([signal, firstByte.signal]),
      maxRedirects: 5,
    });
    return response.data;
  } catch (cause) {
    const reason = firstByte.signal.aborted
      ? `no answer within ${connectSeconds} s`
      : isAxiosError(cause)
        ? (cause.code ?? cause.message)
        : String(cause);
    throw new ToolSourceError(`${url}: ${reason}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}
