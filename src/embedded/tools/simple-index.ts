import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import axios, { isAxiosError } from 'axios';
import { ToolSourceError } from './errors.ts';
import { fetchFile } from './fetch-file.ts';
import type { OnProgress } from './tool.ts';

const PUBLIC_INDEX = 'https://pypi.org/simple';

/** The Python package index of this machine: `PIP_INDEX_URL`, else the public one. */
export function simpleIndexUrl(env: NodeJS.ProcessEnv = process.env): string {
  return (env.PIP_INDEX_URL ?? PUBLIC_INDEX).replace(/\/+$/, '');
}

/** Fetches one wheel without pip, from the index's page of links (PEP 503). Throws ToolSourceError. */
export async function fetchWheelFromIndex(
  packageName: string,
  file: { name: string; sha256: string },
  directory: string,
  onProgress: OnProgress,
): Promise<Buffer> {
  const page = `${simpleIndexUrl()}/${packageName}/`;
  onProgress(`looking for ${file.name} in the package index`);
  const link = findLink(await readPage(page), file.name);
  if (!link) throw new ToolSourceError(`the package index does not offer ${file.name}`);
  const target = join(directory, file.name);
  await fetchFile(new URL(link, page).href, target, { sha256: file.sha256, onProgress });
  return readFile(target);
}

async function readPage(url: string): Promise<string> {
  try {
    const response = await axios.get<string>(url, {
      responseType: 'text',
      timeout: 8000,
      signal: AbortSignal.timeout(15_000),
      maxContentLength: 10_000_000,
      maxRedirects: 3,
    });
    return response.data;
  } catch (cause) {
    const reason = isAxiosError(cause) ? (cause.code ?? cause.message) : String(cause);
    throw new ToolSourceError(`the package index did not answer: ${reason}`, { cause });
  }
}

/** The address behind a file name on a page of links. */
export function findLink(page: string, fileName: string): string | undefined {
  for (const [, href] of page.matchAll(/href="([^"]+)"/g)) {
    const path = href?.split('#')[0] ?? '';
    if (decodeURIComponent(path.split('/').at(-1) ?? '') === fileName) return path.replaceAll('&amp;', '&');
  }
  return undefined;
}
