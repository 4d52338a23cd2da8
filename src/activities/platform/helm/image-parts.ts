import type { JsonObject } from '../../../contracts/json.ts';
import { isJsonObject } from '../../../contracts/json.ts';

/** An image reference taken apart; `registry` only where the reference names one. */
interface ImageReference {
  readonly registry?: string;
  readonly path: string;
  readonly tag: string;
  readonly digest?: string;
}

/**
 * The values of a delivery for a chart whose `image` is an object (`helm create`, Bitnami): an image given as one text goes
 * into its `registry`, `repository` (or `name`), `tag` and `digest`. In helm-service 0.18 the text replaced the object, after
 * which the chart did not render. Charts whose `image` is a text get it as it is.
 */
export function withImageParts(values: JsonObject, change: JsonObject): JsonObject {
  const { image: current } = values;
  const { image: wanted } = change;
  if (!isJsonObject(current) || typeof wanted !== 'string') return change;
  const key = ['repository', 'name'].find((candidate) => typeof current[candidate] === 'string');
  if (key === undefined) return change;
  const { registry = 'docker.io', path, tag, digest } = parseImage(wanted);
  const apart = 'registry' in current;
  const repository = apart || !hasRegistry(wanted) ? path : `${registry}/${path}`;
  const digested = digest !== undefined && !('digest' in current);
  return {
    ...change,
    image: {
      ...(apart ? { registry } : {}),
      // A template writes `<repository>:<tag>`, and `<path>@sha256:<hash>` reads the same.
      [key]: digested ? `${repository}@${digest.split(':')[0]}` : repository,
      tag: digested ? (digest.split(':')[1] ?? '') : tag,
      ...('digest' in current ? { digest: digest ?? '' } : {}),
    },
  };
}

function parseImage(image: string): ImageReference {
  const [name = '', digest] = image.split('@');
  const colon = name.lastIndexOf(':');
  const tagged = colon > name.lastIndexOf('/');
  const whole = tagged ? name.slice(0, colon) : name;
  const slash = whole.indexOf('/');
  return {
    ...(hasRegistry(image) ? { registry: whole.slice(0, slash) } : {}),
    path: hasRegistry(image) ? whole.slice(slash + 1) : whole,
    tag: tagged ? name.slice(colon + 1) : digest === undefined ? 'latest' : '',
    ...(digest === undefined ? {} : { digest }),
  };
}

/** The first part of a reference is a host when it has a dot or a port, or is localhost. */
function hasRegistry(image: string): boolean {
  const [first = '', ...rest] = image.split('/');
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
}
