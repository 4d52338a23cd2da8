import { z } from 'zod';
import type { Upstream } from '../activities/config/config-repo.ts';
import type { Store } from '../store/store.ts';
import { ApiError } from './errors.ts';
import { decodeBase64 } from './shipyard-text.ts';

/** Scope under which the credentials of upstreams are kept; it is not listed among the secrets. */
export const GIT_SECRET_SCOPE = 'slipway-git-credentials';

/** Git credentials of create and update project (Keptn 1.4.5). */
export const gitCredentialsSchema = z.strictObject({
  remoteURL: z.string(),
  user: z.string().nullish(),
  https: z
    .strictObject({
      token: z.string().nullish(),
      certificate: z.string().nullish(),
      insecureSkipTLS: z.boolean().nullish(),
      proxy: z.unknown().optional(),
    })
    .nullish(),
  ssh: z.strictObject({ privateKey: z.string().nullish(), privateKeyPass: z.string().nullish() }).nullish(),
});

/** The upstream of a request; throws ApiError 422 for what cannot be honoured, rather than ignoring it. */
export function upstreamOf(credentials: z.infer<typeof gitCredentialsSchema>): Upstream {
  const { remoteURL, user, https, ssh } = credentials;
  const refused = [
    https?.certificate ? 'a certificate' : undefined,
    https?.insecureSkipTLS ? 'insecureSkipTLS' : undefined,
    https?.proxy ? 'a proxy' : undefined,
    ssh?.privateKeyPass ? 'a private key with a password' : undefined,
  ].filter((part) => part !== undefined);
  if (refused.length > 0) {
    throw new ApiError(
      422,
      `Git credentials with ${refused.join(' and ')} are not supported: give the server process the certificate (SSL_CERT_FILE) or the proxy (HTTPS_PROXY), and a key without password.`,
    );
  }
  return {
    remoteURL,
    ...(user ? { user } : {}),
    ...(https?.token ? { token: https.token } : {}),
    ...(ssh?.privateKey
      ? { privateKey: decodeBase64(ssh.privateKey, 'the private key').toString('utf8') }
      : {}),
  };
}

/** Keeps user, token and key of a project's upstream. */
export async function saveGitCredentials(store: Store, project: string, upstream: Upstream): Promise<void> {
  const { user, token, privateKey } = upstream;
  await store.saveSecret(GIT_SECRET_SCOPE, project, {
    ...(user ? { user } : {}),
    ...(token ? { token } : {}),
    ...(privateKey ? { privateKey } : {}),
  });
}

/** What GitConfigRepo asks for before it talks to an upstream. */
export function gitCredentialsFrom(
  store: Store,
): (project: string) => Promise<Omit<Upstream, 'remoteURL'> | undefined> {
  return (project) => store.secret(GIT_SECRET_SCOPE, project);
}
