import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { create, Parser, type ReadEntry } from 'tar';
import { PlatformTerminalError } from '../errors.ts';
import type { Chart } from './chart.ts';

/** What a chart archive may hold at most. Defaults: 5 MiB packed, 20 MiB unpacked, 2000 files. */
export interface ArchiveLimits {
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  readonly entries: number;
}

/** Helm keeps a release in one Secret of at most 1 MiB, so that real charts are far below these. */
export const ARCHIVE_LIMITS: ArchiveLimits = {
  packedBytes: 5 * 1024 * 1024,
  unpackedBytes: 20 * 1024 * 1024,
  entries: 2000,
};

const unzip = promisify(gunzip);

/** What a file system takes as one name, and Helm as a whole path, with room for the folder that it is unpacked into. */
const MAX_NAME_BYTES = 255;
const MAX_PATH_BYTES = 1024;
/** Helm's own rule for a chart's name; a folder `@x` or `-x` would mean something else to the programs that get it. */
const FOLDER = /^[a-zA-Z0-9][a-zA-Z0-9._-]*$/;

/**
 * Reads a packed chart. Refused with PlatformTerminalError: more than the limits (also when a small archive unpacks to much),
 * links and devices, absolute paths, `..`, names that no file system takes, several top folders, a file twice.
 */
export async function readChartArchive(
  bytes: Uint8Array,
  name: string,
  limits = ARCHIVE_LIMITS,
): Promise<Chart> {
  const refuse = (reason: string): PlatformTerminalError =>
    new PlatformTerminalError(`${name}: ${reason}; pack the chart again with \`helm package\``);
  if (bytes.length > limits.packedBytes)
    throw refuse(`the archive has more than ${limits.packedBytes} bytes`);
  const unpacked = await unpack(bytes, limits, refuse);
  const files = new Map<string, Uint8Array>();
  let folder: string | undefined;
  let count = 0;
  await readEntries(unpacked, refuse, (entry, content) => {
    count += 1;
    if (count > limits.entries) throw refuse(`the archive has more than ${limits.entries} entries`);
    const parts = safeParts(entry.path, refuse);
    if (parts.length === 0) return;
    folder ??= checkedFolder(parts[0] ?? '', refuse);
    if (parts[0] !== folder)
      throw refuse(`the archive has more than one top folder: ${folder} and ${parts[0]}`);
    if (entry.type === 'Directory') return;
    if (entry.type !== 'File' && entry.type !== 'OldFile') {
      throw refuse(`entry ${printable(entry.path)} is a ${entry.type}; only files and folders are accepted`);
    }
    const path = parts.slice(1).join('/');
    if (path === '') throw refuse(`entry ${printable(entry.path)} lies outside of the chart's folder`);
    if (files.has(path)) throw refuse(`entry ${printable(entry.path)} is there twice`);
    files.set(path, content);
  });
  if (folder === undefined || files.size === 0) throw refuse('the archive is empty');
  refuseFileAsFolder(files, refuse);
  return { folder, files };
}

/** Checks the paths of a chart that lies unpacked in the configuration, and makes it a chart. */
export function chartFromFiles(folder: string, files: Iterable<[string, Uint8Array]>): Chart {
  const refuse = (reason: string): PlatformTerminalError =>
    new PlatformTerminalError(`${folder}: ${reason}; rename the file`);
  const checked = new Map<string, Uint8Array>();
  for (const [path, content] of files) {
    const safe = safeParts(path, refuse).join('/');
    if (safe === '' || checked.has(safe)) throw refuse(`file ${printable(path)} is no file of its own`);
    checked.set(safe, content);
  }
  refuseFileAsFolder(checked, refuse);
  return { folder: checkedFolder(folder, refuse), files: checked };
}

/** Packs a chart; equal charts give equal bytes (sorted, without times and owners), so that Git sees no change. */
export async function packChart(chart: Chart): Promise<Uint8Array> {
  const work = await mkdtemp(join(tmpdir(), 'slipway-chart-'));
  try {
    await writeChart(chart, work);
    const paths = [...chart.files.keys()].sort().map((path) => `${chart.folder}/${path}`);
    const packed = create(
      { cwd: work, gzip: true, portable: true, mtime: new Date(0), noDirRecurse: true },
      paths,
    );
    const chunks: Buffer[] = [];
    for await (const chunk of packed) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Writes a chart below a folder and answers the chart's own folder, for the `helm` program. */
export async function writeChart(chart: Chart, parent: string): Promise<string> {
  const root = join(parent, chart.folder);
  for (const [path, content] of chart.files) {
    const target = join(root, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
  }
  return root;
}

type Refuse = (reason: string) => PlatformTerminalError;

async function unpack(bytes: Uint8Array, limits: ArchiveLimits, refuse: Refuse): Promise<Buffer> {
  try {
    return await unzip(bytes, { maxOutputLength: limits.unpackedBytes });
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === 'ERR_BUFFER_TOO_LARGE')
      throw refuse(`the archive unpacks to more than ${limits.unpackedBytes} bytes`);
    throw refuse(`not a gzip archive (${code ?? String(error)})`);
  }
}

async function readEntries(
  archive: Buffer,
  refuse: Refuse,
  take: (entry: ReadEntry, content: Uint8Array) => void,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const parser = new Parser({ strict: true });
    parser.on('entry', (entry: ReadEntry) => {
      const chunks: Buffer[] = [];
      entry.on('data', (chunk: Buffer) => chunks.push(chunk));
      entry.on('end', () => {
        try {
          take(entry, Buffer.concat(chunks));
        } catch (error) {
          reject(error);
        }
      });
      entry.resume();
    });
    parser.on('error', (error: Error) => reject(refuse(`not a tar archive (${error.message})`)));
    parser.on('end', resolve);
    parser.end(archive);
  });
}

/** Path as checked parts; `.` parts are dropped, everything that could leave the folder is refused. */
function safeParts(path: string, refuse: Refuse): string[] {
  if (path.includes('\0') || path.includes('\\'))
    throw refuse(`entry ${printable(path)} has a refused character in its path`);
  if (path.startsWith('/')) throw refuse(`entry ${printable(path)} has an absolute path`);
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw refuse(`entry ${printable(path)} leaves the chart's folder`);
  if (
    Buffer.byteLength(path) > MAX_PATH_BYTES ||
    parts.some((part) => Buffer.byteLength(part) > MAX_NAME_BYTES)
  )
    throw refuse(`entry ${printable(path)} has too long a path`);
  return parts;
}

function checkedFolder(folder: string, refuse: Refuse): string {
  if (folder.length <= MAX_NAME_BYTES && FOLDER.test(folder)) return folder;
  throw refuse(`the folder ${printable(folder)} is no name of a chart`);
}

/** An archive may hold `a` and `a/b`; a folder cannot. */
function refuseFileAsFolder(files: ReadonlyMap<string, Uint8Array>, refuse: Refuse): void {
  for (const path of files.keys()) {
    for (let cut = path.lastIndexOf('/'); cut > 0; cut = path.lastIndexOf('/', cut - 1)) {
      const folder = path.slice(0, cut);
      if (files.has(folder)) throw refuse(`entry ${printable(folder)} is a file and a folder`);
    }
  }
}

function printable(path: string): string {
  return JSON.stringify(path.slice(0, 200));
}
