import { PlatformTerminalError } from '../../activities/platform/errors.ts';
import type { ServiceRef, Side } from '../../activities/platform/platform.ts';
import type { Json, JsonObject } from '../../contracts/json.ts';
import { isJsonObject } from '../../contracts/json.ts';

/** `image` and `tag` of the values, as a chart would put them together. */
export function imageOf(values: JsonObject): { image: string; tag: string; version: string } {
  const given = typeof values.image === 'string' ? values.image : '';
  const own = /:([^/:]+)$/.exec(given)?.[1];
  const tag = own ?? (typeof values.tag === 'string' ? values.tag : '');
  const image = own === undefined && tag !== '' ? `${given}:${tag}` : given;
  return { image, tag, version: tag.replace(/^v(?=\d)/, '') };
}

/** What the placeholders of process.yaml stand for in one process. */
export function variablesOf(
  ref: ServiceRef,
  values: JsonObject,
  place: { side: Side | 'direct'; port: number },
): ReadonlyMap<string, string> {
  const { image, tag, version } = imageOf(values);
  const variables = new Map([
    ['NODE', process.execPath],
    ['IMAGE', image],
    ['TAG', tag],
    ['VERSION', version],
    ['PORT', String(place.port)],
    ['SIDE', place.side],
    ['PROJECT', ref.project],
    ['STAGE', ref.stage],
    ['SERVICE', ref.service],
  ]);
  addValues(variables, 'values', values);
  return variables;
}

function addValues(variables: Map<string, string>, path: string, value: Json | undefined): void {
  if (isJsonObject(value)) {
    for (const [key, inner] of Object.entries(value)) addValues(variables, `${path}.${key}`, inner);
  } else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    variables.set(path, String(value));
  }
}

/**
 * Puts values for `${NAME}` and `${values.some.key}` into one argument; what is put in is never looked at again, and no shell sees it.
 * Throws PlatformTerminalError for a placeholder that has no value.
 */
export function fill(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/\$\{([^}]*)\}/g, (whole, name: string) => {
    const value = variables.get(name);
    if (value !== undefined && value !== '') return value;
    const known = [...variables.keys()].filter((key) => variables.get(key) !== '').join(', ');
    throw new PlatformTerminalError(
      `slipway/process.yaml: "${text}" uses ${whole}, which has no value in this deployment; known are ${known}. ` +
        'IMAGE, TAG and VERSION come from the value image (slipway trigger delivery --image=name:tag)',
    );
  });
}
