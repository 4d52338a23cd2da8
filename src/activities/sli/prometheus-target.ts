import { parseYaml } from '../../files/yaml/parse.ts';
import { SliTerminalError } from './errors.ts';
import type { PrometheusTarget } from './prometheus-api.ts';

/** Looks a secret up by name. */
export type SecretLookup = (name: string) => Promise<{ [key: string]: string } | undefined>;

/**
 * The Prometheus of a project: its secret `prometheus-credentials-<project>` with PROMETHEUS_URL, PROMETHEUS_USER and
 * PROMETHEUS_PASSWORD (or Keptn's older single key with YAML), else the worker's own endpoint. Without a scheme it is
 * https (prometheus-service 0.9). Throws SliTerminalError when there is none or it is no address.
 */
export async function prometheusTarget(
  project: string,
  secret: SecretLookup,
  endpoint: string | undefined,
): Promise<PrometheusTarget> {
  const name = `prometheus-credentials-${project}`;
  const stored = await secret(name);
  if (stored !== undefined) return fromSecret(name, stored);
  if (endpoint !== undefined && endpoint !== '') return withUser('PROMETHEUS_ENDPOINT', endpoint);
  throw new SliTerminalError(
    `no Prometheus is known for project ${project}: create the secret ${name} with PROMETHEUS_URL, PROMETHEUS_USER ` +
      'and PROMETHEUS_PASSWORD, or start the worker with PROMETHEUS_ENDPOINT',
  );
}

function fromSecret(name: string, stored: { [key: string]: string }): PrometheusTarget {
  const legacy = stored['prometheus-credentials'];
  const fields = legacy === undefined ? stored : legacyFields(name, legacy);
  const target = withUser(`the secret ${name}`, fields.PROMETHEUS_URL ?? '');
  const user = fields.PROMETHEUS_USER ?? '';
  return user === '' ? target : { ...target, user, password: fields.PROMETHEUS_PASSWORD ?? '' };
}

function legacyFields(name: string, text: string): { [key: string]: string } {
  const { root, problems, scalarText } = parseYaml(text, { file: name });
  if (root === undefined || problems.length > 0) {
    throw new SliTerminalError(
      `the key prometheus-credentials of the secret ${name} is no YAML with url, user, password`,
    );
  }
  return {
    PROMETHEUS_URL: scalarText(['url']) ?? '',
    PROMETHEUS_USER: scalarText(['user']) ?? '',
    PROMETHEUS_PASSWORD: scalarText(['password']) ?? '',
  };
}

/** An address without path end, query and credentials; credentials in it are taken out of the text. */
function withUser(where: string, address: string): PrometheusTarget {
  const compact = address.replaceAll(' ', '');
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(compact) ? compact : `https://${compact}`;
  if (compact === '' || !URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new SliTerminalError(`${where} holds no http or https address of Prometheus`);
  }
  const url = new URL(text);
  const { username, password } = url;
  const plain = `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  if (username === '') return { url: plain };
  return { url: plain, user: decodeURIComponent(username), password: decodeURIComponent(password) };
}
