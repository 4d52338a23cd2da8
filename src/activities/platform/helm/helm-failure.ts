import { PlatformRetryableError, PlatformTerminalError } from '../errors.ts';

/** What helm says when a repetition may help; whole phrases, since names of projects and services stand in its messages too. */
const TRANSIENT = new RegExp(
  [
    'kubernetes cluster unreachable',
    'connection refused',
    'connection reset by peer',
    'i/o timeout',
    'unexpected EOF',
    'context deadline exceeded',
    'TLS handshake timeout',
    'too many requests',
    '": EOF',
    'client connection lost',
    'connection timed out',
    'network is unreachable',
    'no route to host',
    'unable to handle the request',
    'unable to return a response in the time allotted',
    'the object has been modified',
    'etcdserver: ',
    'another operation \\(install/upgrade/rollback\\) is in progress',
  ].join('|'),
  'i',
);

/** Versions that Kubernetes has removed and charts of Keptn's time still have, with what to write. */
const REMOVED: { readonly [versioned: string]: string } = {
  'Deployment extensions/v1beta1': 'apps/v1, which needs spec.selector',
  'Deployment apps/v1beta1': 'apps/v1, which needs spec.selector',
  'Deployment apps/v1beta2': 'apps/v1',
  'StatefulSet apps/v1beta1': 'apps/v1, which needs spec.selector',
  'StatefulSet apps/v1beta2': 'apps/v1',
  'DaemonSet extensions/v1beta1': 'apps/v1, which needs spec.selector',
  'Ingress extensions/v1beta1': 'networking.k8s.io/v1, which has backend.service.name and pathType',
  'Ingress networking.k8s.io/v1beta1': 'networking.k8s.io/v1, which has backend.service.name and pathType',
  'PodDisruptionBudget policy/v1beta1': 'policy/v1',
  'HorizontalPodAutoscaler autoscaling/v2beta1': 'autoscaling/v2',
  'HorizontalPodAutoscaler autoscaling/v2beta2': 'autoscaling/v2',
  'CronJob batch/v1beta1': 'batch/v1',
  'NetworkPolicy extensions/v1beta1': 'networking.k8s.io/v1',
};

/** What to do about a message of helm, by what it says. */
const HINTS: readonly { readonly says: RegExp; readonly hint: (match: RegExpExecArray) => string }[] = [
  {
    says: / is forbidden: User /,
    hint: () => "grant the verb to Slipway's service account (docs/kubernetes.md has the list)",
  },
  {
    says: /no matches for kind "(\w+)" in version "([\w./-]+)"/,
    hint: ([, kind = '', version = '']) => {
      const now = REMOVED[`${kind} ${version}`];
      return now === undefined
        ? `install the CustomResourceDefinition of ${kind}, or take it out of the chart`
        : `Kubernetes no longer has this version: write ${now} in the chart`;
    },
  },
  {
    says: /missing in charts\/ directory/,
    hint: () => 'run `helm dependency update` on the chart and add it to the project again',
  },
  {
    says: /additional propert(?:y|ies) '?keptn'? (?:is )?not allowed/i,
    hint: () =>
      "allow the object keptn in the chart's values.schema.json: each deployment sets keptn.project, stage, service and deployment",
  },
  {
    says: /which is incompatible with Kubernetes/,
    hint: () => "correct kubeVersion in the chart's Chart.yaml",
  },
  {
    says: /validation: chart\.metadata|cannot load Chart\.yaml/,
    hint: () => "correct the chart's Chart.yaml (a version such as 1.10 needs quotes)",
  },
  {
    says: /cannot load values\.yaml/,
    hint: () => "correct the chart's values.yaml",
  },
  {
    says: /YAML parse error on/,
    hint: () => 'correct this template of the chart (`helm template` shows the lines as they are rendered)',
  },
  {
    says: /executing "[^"]+" at|parse error at|execution error at/,
    hint: () => 'correct this template of the chart, or give it the value',
  },
  {
    says: /exists and cannot be imported into the current release/,
    hint: () =>
      "it belongs to somebody else: remove it, or rename it in the chart (charts of other services share the stage's namespace)",
  },
];

/** What a failed run of helm means: PlatformRetryableError when a repetition may help, else PlatformTerminalError with what to do. */
export function helmFailure(args: readonly string[], stderr: string): Error {
  const said = stderr
    .trim()
    .replace(/^Error: /, '')
    .replace(/\s*Use --debug flag to render out invalid YAML\s*$/, '')
    .slice(0, 4000);
  const message = `helm ${args.slice(0, 2).join(' ')}: ${said}`;
  if (TRANSIENT.test(message)) return new PlatformRetryableError(message);
  for (const { says, hint } of HINTS) {
    const match = says.exec(message);
    if (match !== null) return new PlatformTerminalError(`${message}; ${hint(match)}`);
  }
  return new PlatformTerminalError(message);
}
