import { createHash, randomUUID } from 'node:crypto';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const UUID_BYTES = 16;

/**
 * The Keptn context of an incoming event (Keptn 1.4.5): a UUID is kept, nothing becomes a new one, any other text one made of
 * its first 16 bytes, padded with blanks: the same text always gives the same context.
 */
export function keptnContextOf(text: string | undefined): string {
  if (text === undefined || text === '') return randomUUID();
  if (UUID.test(text)) return text;
  return uuidFrom(Buffer.from(text.padEnd(UUID_BYTES, ' ')));
}

/** A UUID of version 4 made of the first 16 bytes. */
export function uuidFrom(bytes: Uint8Array): string {
  const source = Buffer.from(bytes.subarray(0, UUID_BYTES));
  source.writeUInt8((source.readUInt8(6) & 0x0f) | 0x40, 6);
  source.writeUInt8((source.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = source.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** A UUID that is always the same for the same text: the key of what may arrive again and again. */
export function uuidOf(text: string): string {
  return uuidFrom(createHash('sha256').update(text).digest());
}
