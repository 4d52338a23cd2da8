import type { Shipyard } from '../../sequence/types.ts';
import { type EndpointsFile, parseEndpoints } from '../endpoints.ts';
import { type JobConfig, parseJobConfig } from '../job.ts';
import { type LoadFile, parseLoad } from '../load.ts';
import { type LocustFile, parseLocust } from '../locust.ts';
import { parseOpenSlo } from '../openslo.ts';
import type { Problem } from '../problem.ts';
import { type ProcessFile, parseProcess } from '../process.ts';
import { parseRemediation, type RemediationFile } from '../remediation.ts';
import { parseShipyard } from '../shipyard.ts';
import { parseSli, type SliFile } from '../sli.ts';
import { type ParsedSlo, parseSlo } from '../slo.ts';
import { unknownSloKeys } from '../slo-keys.ts';
import { reviewSlo } from '../slo-review.ts';
import { parseWebhook, type WebhookFile } from '../webhook.ts';

/** Models of the formats by name. */
export interface FormatModels {
  shipyard: Shipyard;
  slo: ParsedSlo;
  sli: SliFile;
  remediation: RemediationFile;
  webhook: WebhookFile;
  endpoints: EndpointsFile;
  job: JobConfig;
  jmeter: LoadFile;
  locust: LocustFile;
  process: ProcessFile;
  openslo: ParsedSlo;
}

/** Name of a file format. */
export type FormatName = keyof FormatModels;

/** One file format: how it is recognized, and who reads it. */
export interface Format<Model> {
  /** Usual path of such a file, narrow enough for a directory that also holds files of others. */
  readonly path: RegExp;
  /** Name that is enough for a file that the user has named. */
  readonly name?: RegExp;
  /** True when the content can be nothing else: its apiVersion, kind or keys say so. */
  readonly declares: (root: ContentProbe) => boolean;
  /** True when the content looks like it, for a file with an unusual name. */
  readonly resembles: (root: ContentProbe) => boolean;
  readonly parse: (text: string, file: string) => { model: Model | undefined; problems: Problem[] };
}

/** What is looked at to recognize a file: apiVersion, kind, and the keys at the top and below `spec`. */
export interface ContentProbe {
  readonly apiVersion: string;
  readonly kind: string;
  readonly keys: ReadonlySet<string>;
  readonly specKeys: ReadonlySet<string>;
  /** Keys of the first entry of `workloads`. */
  readonly itemKeys: ReadonlySet<string>;
}

/** All formats that `slipway validate` knows, in the order in which they are tried. */
export const FORMATS: { readonly [Name in FormatName]: Format<FormatModels[Name]> } = {
  shipyard: {
    path: /shipyard[^/]*\.ya?ml$/,
    declares: ({ kind, specKeys }) => kind === 'Shipyard' || specKeys.has('stages'),
    resembles: ({ keys }) => keys.has('stages'),
    parse: (text, file) => {
      const { shipyard, problems } = parseShipyard(text, { file });
      return { model: shipyard, problems };
    },
  },
  remediation: {
    path: /(^|\/)remediation[^/]*\.ya?ml$/,
    declares: ({ kind, specKeys }) => kind === 'Remediation' || specKeys.has('remediations'),
    resembles: ({ keys }) => keys.has('remediations'),
    parse: parseRemediation,
  },
  webhook: {
    path: /(^|\/)webhook\/webhook\.ya?ml$/,
    name: /(^|\/)webhook\.ya?ml$/,
    declares: ({ kind, specKeys }) => kind === 'WebhookConfig' || specKeys.has('webhooks'),
    resembles: ({ keys }) => keys.has('webhooks'),
    parse: parseWebhook,
  },
  job: {
    path: /(^|\/)job\/config\.ya?ml$/,
    declares: () => false,
    resembles: ({ keys, apiVersion }) => keys.has('actions') && /^v\d/.test(apiVersion),
    parse: parseJobConfig,
  },
  openslo: {
    path: /(^|\/)openslo[^/]*\.ya?ml$/,
    declares: ({ apiVersion, kind }) => apiVersion.startsWith('openslo/') && kind === 'SLO',
    resembles: () => false,
    parse: (text, file) => {
      const parsed = parseOpenSlo(text, { file });
      return { model: parsed.slo === null ? undefined : parsed, problems: parsed.problems };
    },
  },
  slo: {
    path: /(^|\/)slos?(?![a-z])[^/]*\.ya?ml$/,
    name: /(^|\/)slo[^/]*\.ya?ml$/,
    declares: () => false,
    resembles: ({ keys }) => keys.has('objectives') && keys.has('spec_version'),
    parse: (text, file) => {
      const parsed = parseSlo(text, { file });
      const model = parsed.slo === null ? undefined : parsed;
      const review = [...emptySlo(text, file), ...unknownSloKeys(text, file), ...reviewSlo(parsed, file)];
      return { model, problems: [...parsed.problems, ...review] };
    },
  },
  sli: {
    path: /(^|\/)slis?(?![a-z])[^/]*\.ya?ml$/,
    name: /(^|\/)sli[^/]*\.ya?ml$/,
    declares: () => false,
    resembles: ({ keys }) => keys.has('indicators'),
    parse: parseSli,
  },
  endpoints: {
    path: /(^|\/)helm\/endpoints\.ya?ml$/,
    name: /endpoints\.ya?ml$/,
    declares: ({ keys }) => keys.has('deploymentURIsLocal') || keys.has('deploymentURIsPublic'),
    resembles: () => false,
    parse: parseEndpoints,
  },
  jmeter: {
    path: /(^|\/)jmeter\.conf\.ya?ml$/,
    declares: () => false,
    resembles: ({ keys, itemKeys }) => keys.has('workloads') && !itemKeys.has('conf'),
    parse: parseLoad,
  },
  locust: {
    path: /(^|\/)locust\.conf\.ya?ml$/,
    declares: () => false,
    resembles: ({ keys }) => keys.has('workloads'),
    parse: parseLocust,
  },
  process: {
    path: /(^|\/)slipway\/process\.ya?ml$/,
    name: /(^|\/)process\.ya?ml$/,
    declares: ({ keys }) => keys.has('command') && keys.has('readiness'),
    resembles: () => false,
    parse: parseProcess,
  },
};

/** Names of all formats in the order in which they are tried. */
export const FORMAT_NAMES: readonly FormatName[] = Object.keys(FORMATS).filter(
  (name): name is FormatName => name in FORMATS,
);

/** The engine takes an empty slo.yaml for a missing one; whoever wrote the file meant something else. */
function emptySlo(text: string, file: string): Problem[] {
  if (text !== '') return [];
  const hint = 'write objectives and total_score, or remove the file';
  return [{ severity: 'error', file, line: 1, column: 1, path: '', message: 'the file is empty', hint }];
}
