/** Shorter values are not masked: they would hide half of every text. */
const SHORTEST_MASKED = 3;

/** Replaces every secret value in a text by `***`, the longest first (webhook-service 1.4.5). */
export function masked(text: string, secretValues: readonly string[]): string {
  const values = secretValues.filter((value) => value.length >= SHORTEST_MASKED);
  return values
    .toSorted((a, b) => b.length - a.length)
    .reduce((result, value) => result.replaceAll(value, '***'), text);
}
