import { readFile } from 'node:fs/promises';
import { create } from 'tar';

const TOUR = new URL('../../demo/jobs-tour/', import.meta.url);

/** A file of demo/jobs-tour as text. */
export function tourFile(path: string): Promise<string> {
  return readFile(new URL(path, TOUR), 'utf8');
}

/** The tour's chart as the archive that its project holds. */
export async function tourChart(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const archive = create({ cwd: new URL('charts/', TOUR).pathname, gzip: true, portable: true }, [
    'helloserver',
  ]);
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
