import { z } from 'zod';
import type { Upstream } from '../activities/config/config-repo.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { Store } from '../store/store.ts';
import { ApiError } from './errors.ts';
import { decodeBase64 } from './shipyard-text.ts';

/** Scope under which the credentials of upstreams are kept; it is not listed among the secrets. */
export const GIT_SECRET_SCOPE = 'slipway-git-credentials';

const proxySchema = z.strictObject({
  url: z.string(),
  scheme: z.string().nullish(),
  user: z.string().nullish(),
  password: z.string().nullish(),
});

/** Git credentials of create and update project (Keptn 1.4.5). */
export const gitCredentialsSchema = z.strictObject({
  remoteURL: z.string(),
  user: z.string().nullish(),
  https: z
    .strictObject({
      token: z.string().nullish(),
      certificate: z.string().nullish(),
      insecureSkipTLS: z.boolean().nullish(),
      proxy: proxySchema.nullish(),
    })
    .nullish(),
  ssh: z.strictObject({ privateKey: z.string().nullish(), privateKeyPass: z.string().nullish() }).nullish(),
});

/** The upstream of a request; throws ApiError 400 or 422 for what cannot be honoured, rather than ignoring it. */
export function upstreamOf(credentials: z.infer<typeof gitCredentialsSchema>): Upstream {
  const { remoteURL, user, https, ssh } = credentials;
  const text = (base64: string, what: string): string => decodeBase64(base64, what).toString('utf8');
  return {
    remoteURL,
    ...(user ? { user } : {}),
    ...(https?.token ? { token: https.token } : {}),
    ...(https?.certificate ? { certificate: text(https.certificate, 'the certificate') } : {}),
    ...(https?.insecureSkipTLS ? { insecureSkipTls: true } : {}),
    ...(https?.proxy ? { proxy: proxyUrl(https.proxy) } : {}),
    ...(ssh?.privateKey ? { privateKey: text(ssh.privateKey, 'the private key') } : {}),
    ...(ssh?.privateKeyPass ? { privateKeyPassword: ssh.privateKeyPass } : {}),
  };
}

/** Keptn gives a proxy as `host:port` with its scheme and credentials beside it. */
function proxyUrl({ url, scheme, user, password }: z.infer<typeof proxySchema>): string {
  const address = `${scheme || 'http'}://${url}`;
  const parsed = URL.canParse(address) ? new URL(address) : undefined;
  if (parsed === undefined || !['http:', 'https:'].includes(parsed.protocol) || parsed.pathname !== '/') {
    throw new ApiError(
      422,
      'The proxy of the Git credentials is no host:port with the scheme http or https.',
    );
  }
  parsed.username = encodeURIComponent(user ?? '');
  parsed.password = encodeURIComponent(password ?? '');
  return parsed.href;
}

/** Keeps the credentials of a project's upstream. */
export async function saveGitCredentials(store: Store, project: string, upstream: Upstream): Promise<void> {
  const { remoteURL: _public, insecureSkipTls, ...texts } = upstream;
  await store.saveSecret(GIT_SECRET_SCOPE, project, {
    ...texts,
    ...(insecureSkipTls === true ? { insecureSkipTls: 'true' } : {}),
  });
}

type Credentials = Omit<Upstream, 'remoteURL'>;

/** What GitConfigRepo asks for before it talks to an upstream. */
export function gitCredentialsFrom(store: Store): (project: string) => Promise<Credentials | undefined> {
  return async (project) => {
    const kept = await store.secret(GIT_SECRET_SCOPE, project);
    if (kept === undefined) return undefined;
    const { insecureSkipTls, ...texts } = kept;
    return { ...texts, ...(insecureSkipTls === 'true' ? { insecureSkipTls: true } : {}) };
  };
}

/** The upstream as Keptn's API shows it: never a token, a key or a password. */
export async function gitCredentialsView(
  store: Store,
  { name, upstreamUrl, upstreamUser }: { name: string; upstreamUrl: string; upstreamUser?: string },
): Promise<JsonObject> {
  const kept = (await gitCredentialsFrom(store)(name)) ?? {};
  const common = { remoteURL: upstreamUrl, user: upstreamUser ?? '' };
  if (!upstreamUrl.startsWith('http')) return common;
  return { ...common, https: { insecureSkipTLS: kept.insecureSkipTls === true, ...proxyView(kept.proxy) } };
}

function proxyView(proxy: string | undefined): JsonObject {
  if (proxy === undefined) return {};
  const { host, protocol, username } = new URL(proxy);
  const user = decodeURIComponent(username);
  return { proxy: { url: host, scheme: protocol.replace(':', ''), ...(user === '' ? {} : { user }) } };
}
