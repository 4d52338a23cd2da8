import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Upstream } from './config-repo.ts';
import { ConfigRefusedError, ConfigUnavailableError } from './errors.ts';
import { GitCommandError, type GitOptions, gitText, withoutSecrets } from './git.ts';

/** Asked by git for user name and password; they come from the environment, so that no process list shows them. */
const ASKPASS = `#!/bin/sh
case "$1" in
  Username*) printf '%s' "$SLIPWAY_GIT_USER" ;;
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

async function credentialOptions(folder: string, upstream: Upstream): Promise<GitOptions> {
  const askpass = join(folder, 'askpass');
  await writeFile(askpass, ASKPASS, { mode: 0o700 });
  const env: { [name: string]: string } = {
    GIT_ASKPASS: askpass,
    SLIPWAY_GIT_USER: upstream.user ?? '',
    SLIPWAY_GIT_TOKEN: upstream.token ?? '',
    GIT_ALLOW_PROTOCOL: 'https:http:ssh:file',
  };
  if (upstream.privateKey !== undefined) {
    const key = join(folder, 'key');
    await writeFile(key, `${upstream.privateKey.trimEnd()}\n`, { mode: 0o600 });
    env.GIT_SSH_COMMAND = `ssh -i '${key}' -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=accept-new`;
  }
  const secrets = [upstream.token ?? '', upstream.privateKey ?? ''];
  return { env, secrets };
}
