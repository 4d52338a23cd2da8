import assert from 'node:assert/strict';
import {
  gitCredentialsFrom,
  gitCredentialsSchema,
  gitCredentialsView,
  saveGitCredentials,
  upstreamOf,
} from '../../../src/server/git-credentials.ts';
import type { Store } from '../../../src/store/store.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** What `keptn create project` sends for --git-pem-certificate, --insecure-skip-tls and the proxy flags. */
const HTTPS = {
  remoteURL: 'https://git.example/x.git',
  user: 'u',
  https: {
    token: 'tok',
    certificate: base64('PEM'),
    insecureSkipTLS: true,
    proxy: { url: '10.0.0.1:3128', scheme: 'http', user: 'p u', password: 'p@ss:w' },
  },
};

/** A store of which only the secrets are used. */
function secretsOnly(): Store {
  const kept = new Map<string, { [key: string]: string }>();
  const store: Pick<Store, 'secret' | 'saveSecret'> = {
    secret: async (scope, name) => kept.get(`${scope}/${name}`),
    saveSecret: async (scope, name, data) => {
      kept.set(`${scope}/${name}`, data);
    },
  };
  return store as Store;
}

describe('Git credentials of Keptn', () => {
  it('become an upstream with certificate, proxy and unchecked TLS', () => {
    assert.deepEqual(upstreamOf(gitCredentialsSchema.parse(HTTPS)), {
      remoteURL: 'https://git.example/x.git',
      user: 'u',
      token: 'tok',
      certificate: 'PEM',
      insecureSkipTls: true,
      proxy: 'http://p%20u:p%40ss%3Aw@10.0.0.1:3128/',
    });
    const ssh = { privateKey: base64('KEY'), privateKeyPass: 'pw' };
    assert.deepEqual(
      upstreamOf(gitCredentialsSchema.parse({ remoteURL: 'ssh://git@git.example/x.git', ssh })),
      {
        remoteURL: 'ssh://git@git.example/x.git',
        privateKey: 'KEY',
        privateKeyPassword: 'pw',
      },
    );
  });

  it('come back whole for the next command, and are shown without what is secret', async () => {
    const store = secretsOnly();
    const upstream = upstreamOf(gitCredentialsSchema.parse(HTTPS));
    await saveGitCredentials(store, 'tour', upstream);
    const { remoteURL, ...credentials } = upstream;
    assert.deepEqual(await gitCredentialsFrom(store)('tour'), credentials);
    assert.equal(await gitCredentialsFrom(store)('other'), undefined);
    const shown = await gitCredentialsView(store, {
      name: 'tour',
      upstreamUrl: remoteURL,
      upstreamUser: 'u',
    });
    assert.deepEqual(shown, {
      remoteURL,
      user: 'u',
      https: { insecureSkipTLS: true, proxy: { url: '10.0.0.1:3128', scheme: 'http', user: 'p u' } },
    });
  });
});
