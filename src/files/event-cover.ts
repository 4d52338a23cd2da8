/**
 * True when the event that a subscription or a webhook names covers a type: `*` stands for one part between dots, a closing
 * `>` for all the rest, as in the message bus that Keptn 1.4.5 used.
 */
export function coversType(pattern: string, type: string): boolean {
  const wanted = pattern.split('.');
  const parts = type.split('.');
  for (const [index, part] of wanted.entries()) {
    if (part === '>' && index === wanted.length - 1) return parts.length > index;
    if (parts[index] === undefined || (part !== '*' && part !== parts[index])) return false;
  }
  return wanted.length === parts.length;
}
