import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Upstream } from './config-repo.ts';
import { ConfigRefusedError, ConfigUnavailableError } from './errors.ts';
import { GitCommandError, type GitOptions, gitText, withoutSecrets } from './git.ts';

/** Asked by git and ssh for names and passwords; they come from the environment, so that no process list shows them. */
const ASKPASS = `#!/bin/sh
case "$1" in
  Username*) printf '%s' "$SLIPWAY_GIT_USER" ;;
  *passphrase*) printf '%s' "$SLIPWAY_GIT_KEY_PASSWORD" ;;
  *) printf '%s' "$SLIPWAY_GIT_TOKEN" ;;
esac
`;

/** The URL that is stored and shown: checked, without user and password. Throws ConfigRefusedError. */
export function checkedRemote(remoteURL: string, allowFiles: boolean): string {
  const clean = withoutSecrets(remoteURL.trim());
  const schemes = allowFiles ? ['https', 'http', 'ssh', 'file'] : ['https', 'http', 'ssh'];
  if (schemes.some((scheme) => clean.startsWith(`${scheme}://`)) && URL.canParse(clean)) {
    return clean.startsWith('ssh://')
      ? remoteURL.trim().replace(/^(ssh:\/\/[^:/@\s]+):[^@/]*@/, '$1@')
      : clean;
  }
  throw new ConfigRefusedError(
    `Invalid RemoteURL: ${clean.slice(0, 200)}. It must begin with https://, http:// or ssh://.`,
  );
}

/** Runs a command that talks to the upstream, with its credentials in the environment or in a file that is gone afterwards. */
export async function gitWithUpstream(
  directory: string,
  argv: string[],
  upstream: Upstream,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-git-'));
  try {
    return await gitText(directory, argv, await credentialOptions(folder, upstream));
  } catch (error) {
    if (!(error instanceof GitCommandError)) throw error;
    throw new ConfigUnavailableError(
      `The upstream ${withoutSecrets(upstream.remoteURL)} refused or did not answer (git ${argv[0]}): ${error.stderr}. Check the address, the user and the token; nothing was changed here.`,
      { cause: error },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The environment that hands git the credentials of an upstream; `folder` is private and is removed after the command. */
export async function credentialOptions(folder: string, upstream: Upstream): Promise<GitOptions> {
  const askpass = join(folder, 'askpass');
  await writeFile(askpass, ASKPASS, { mode: 0o700 });
  const { user = '', token = '', privateKey = '', privateKeyPassword = '', proxy } = upstream;
  const env = {
    GIT_ASKPASS: askpass,
    SLIPWAY_GIT_USER: user,
    SLIPWAY_GIT_TOKEN: token,
    GIT_ALLOW_PROTOCOL: 'https:http:ssh:file',
    ...(proxy === undefined ? {} : { http_proxy: proxy, https_proxy: proxy }),
    ...(await tlsOptions(folder, upstream)),
    ...(privateKey === '' ? {} : await sshOptions(folder, { privateKey, privateKeyPassword, askpass })),
  };
  const proxyPassword = proxy === undefined ? '' : decodeURIComponent(new URL(proxy).password);
  return { env, secrets: [token, privateKey, privateKeyPassword, proxyPassword] };
}

async function tlsOptions(
  folder: string,
  { certificate, insecureSkipTls }: Upstream,
): Promise<{ [name: string]: string }> {
  if (insecureSkipTls === true) return { GIT_SSL_NO_VERIFY: 'true' };
  if (certificate === undefined) return {};
  const file = join(folder, 'certificates.pem');
  await writeFile(file, certificate);
  return { GIT_SSL_CAINFO: file };
}

async function sshOptions(
  folder: string,
  key: { privateKey: string; privateKeyPassword: string; askpass: string },
): Promise<{ [name: string]: string }> {
  const file = join(folder, 'key');
  await writeFile(file, `${key.privateKey.trimEnd()}\n`, { mode: 0o600 });
  const ssh = `ssh -i '${file}' -o IdentitiesOnly=yes -o StrictHostKeyChecking=accept-new`;
  if (key.privateKeyPassword === '') return { GIT_SSH_COMMAND: `${ssh} -o BatchMode=yes` };
  return {
    // A batch would not ask for the password of the key; it is the only thing that may be asked for.
    GIT_SSH_COMMAND: `${ssh} -o PreferredAuthentications=publickey -o NumberOfPasswordPrompts=1`,
    SSH_ASKPASS: key.askpass,
    SSH_ASKPASS_REQUIRE: 'force',
    SLIPWAY_GIT_KEY_PASSWORD: key.privateKeyPassword,
  };
}
