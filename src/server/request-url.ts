/** What services were called in the paths of older Keptn releases; scripts and integrations of that age still say so. */
const FORMER_NAMES: readonly [RegExp, string][] = [
  [/^\/configuration-service(?=\/)/, '/resource-service'],
  [/^\/shipyard-controller(?=\/)/, '/controlPlane'],
];

/**
 * The path that the routes see: repeated slashes merged, `/api` taken off, former names of services replaced. Keptn's clients
 * send `//resource` and, with a trailing slash in the endpoint, `//v1/auth`; a redirect would turn their POST into a GET, so the
 * gateway merged them.
 */
export function routedUrl(url: string): string {
  const query = url.indexOf('?');
  const path = (query < 0 ? url : url.slice(0, query)).replace(/\/{2,}/g, '/');
  const below = /^\/api(?=\/|$)/.test(path) ? path.slice('/api'.length) : path;
  const named = FORMER_NAMES.reduce((text, [former, name]) => text.replace(former, name), below);
  const trimmed = named.length > 1 && named.endsWith('/') ? named.slice(0, -1) : named;
  return `${trimmed === '' ? '/' : trimmed}${query < 0 ? '' : url.slice(query)}`;
}

/**
 * The resource path of a request as the client meant it. Keptn's clients send one segment made with query escaping (`+` is a
 * blank); proxies escape it once more or decode it to plain slashes. So it is decoded once, and once more where escapes remain;
 * a plus that came out of its escape at the end stays a plus.
 */
export function resourceUriOf(escaped: string): string {
  const once = decodeQuery(escaped);
  return /%[0-9A-Fa-f]{2}/.test(once) ? decodeQuery(once) : once;
}

/**
 * The path of a file below its scope: Keptn 1.4.5 joined both with a slash, and its own clients name `/webhook/webhook.yaml`.
 */
export function withoutLeadingSlash(uri: string): string {
  return uri.replace(/^\/+/, '');
}

function decodeQuery(text: string): string {
  return decodePercent(text.replaceAll('+', '%20'));
}

/** Decodes valid escapes and leaves the rest of the text as it is. */
function decodePercent(text: string): string {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      // Not UTF-8: the text stays escaped, and no file of that name will be found.
      return escapes;
    }
  });
}

/** The raw text behind `/resource/` in a request's path. */
export function rawResourceUri(url: string): string {
  const path = url.split('?', 1)[0] ?? '';
  return path.slice(path.indexOf('/resource/') + '/resource/'.length);
}
