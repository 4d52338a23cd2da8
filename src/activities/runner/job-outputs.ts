import { gunzipSync } from 'node:zlib';
import { KEPTN_ROOT } from './job-files.ts';

/** Bytes of one file that are handed back. */
export const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

const MARK = '--slipway-output ';

/**
 * Runs its arguments, then prints the files that its first argument names, one a line, behind a mark each. The text is
 * constant: what is run and printed comes as arguments, so nothing is put into a shell. It holds no `$(`, which Kubernetes
 * would expand.
 */
const SCRIPT = `files=$1
shift
"$@"
code=$?
IFS='
'
for file in $files; do
  [ -f "$file" ] || continue
  printf '\\n${MARK}%s\\n' "$file"
  head -c ${MAX_OUTPUT_BYTES} "$file" | gzip -c | base64
done
exit $code`;

/** The command that runs another one and prints its files at the end of the log: the only way out of a pod that has ended. */
export function commandWithOutputs(command: readonly string[], outputs: readonly string[]): string[] {
  if (outputs.length === 0) return [...command];
  return ['sh', '-c', SCRIPT, 'sh', outputs.map((path) => `${KEPTN_ROOT}/${path}`).join('\n'), ...command];
}

/** Separates a log from the files at its end; a file whose end is missing is left out. */
export function splitOutputs(
  log: string,
  outputs: readonly string[],
): { logs: string; outputs: { [path: string]: Uint8Array } } {
  const found: { [path: string]: Uint8Array } = {};
  let logs = log;
  for (const path of outputs.toReversed()) {
    const mark = `\n${MARK}${KEPTN_ROOT}/${path}\n`;
    const at = logs.lastIndexOf(mark);
    if (at < 0) continue;
    const content = unpack(logs.slice(at + mark.length));
    if (content !== undefined) found[path] = content;
    logs = logs.slice(0, at);
  }
  return { logs, outputs: found };
}

function unpack(text: string): Uint8Array | undefined {
  try {
    return gunzipSync(Buffer.from(text, 'base64'), { maxOutputLength: MAX_OUTPUT_BYTES });
  } catch {
    return undefined; // cut off, for example by the rotation of logs: the caller sees that the file is not there
  }
}
