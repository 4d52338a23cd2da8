import { join } from 'node:path';
import type { ConfigRepo } from '../activities/config/config-repo.ts';
import { GitConfigRepo } from '../activities/config/git-config-repo.ts';
import type { Secrets } from '../activities/index.ts';
import { gitCredentialsFrom } from '../server/git-credentials.ts';
import { openStore } from '../store/open-store.ts';
import { readSecretKey } from '../store/secrets.ts';
import type { Store } from '../store/store.ts';

/** Where store and configuration are. */
export interface PartsOptions {
  storeUrl: string;
  gitDirectory: string;
  secretKeyFile: string;
}

/** The parts that server and worker share. */
export interface Parts {
  store: Store;
  config: ConfigRepo;
}

/** Default place of the key that encrypts secrets at rest. */
export function secretKeyFileIn(stateDir: string): string {
  return join(stateDir, 'secret.key');
}

/** Connects to the store and opens the projects' repositories. Throws StoreUnavailableError, SecretKeyError. */
export async function openParts(options: PartsOptions): Promise<Parts> {
  const secretKey = await readSecretKey(options.secretKeyFile);
  const store = await openStore({ url: options.storeUrl, secretKey });
  const config = new GitConfigRepo({
    directory: options.gitDirectory,
    credentials: gitCredentialsFrom(store),
  });
  return { store, config };
}

/** Scopes in which tasks may look for a secret by its name, as Keptn 1.4.5 knew them. */
const SCOPES = ['keptn-default', 'keptn-webhook-service', 'keptn-prometheus-service', 'dynatrace-service'];

/** Looks a secret up by its name alone, as files of webhooks, jobs and providers name it. */
export function secretsOf(store: Store): Secrets {
  return {
    async secret(name) {
      for (const scope of SCOPES) {
        const found = await store.secret(scope, name);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}
