import { createHash } from 'node:crypto';

/** A UUID made of an id and a word: the same ones give the same. */
export function derivedId(id: string, word: string): string {
  const hex = createHash('sha256').update(`${id}/${word}`).digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
