import { dump } from 'js-yaml';
import type { Json } from '../../sequence/json.ts';

/** A value as YAML, keys sorted as Go writes them, with a newline at the end. */
export function writeYaml(value: Json): string {
  return dump(value, { sortKeys: true, lineWidth: -1, noRefs: true });
}
