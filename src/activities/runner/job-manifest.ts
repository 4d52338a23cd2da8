import { createHash } from 'node:crypto';
import type { JsonObject } from '../../contracts/json.ts';
import { RunnerTerminalError } from './errors.ts';
import { containerResources, POD_SECURITY_CONTEXT, securityContext } from './job-container.ts';
import { mountedFiles } from './job-files.ts';
import { commandWithOutputs } from './job-outputs.ts';
import type { RunRequest } from './runner.ts';

/** Seconds for which a finished Job is kept, unless the run says otherwise, and the fewest (job-executor-service). */
const TTL_SECONDS = 21_600;
const LEAST_TTL_SECONDS = 60;
/** Seconds beyond a run's own time after which Kubernetes ends a Job whose worker is gone. */
const ORPHAN_SECONDS = 600;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Objects of a run in the cluster: the Job, and the Secret with its files and its environment. */
export interface JobObjects {
  readonly name: string;
  readonly secret: JsonObject;
  readonly job: JsonObject;
}

/**
 * A Kubernetes Job for a run, with the container that job-executor-service made. Throws RunnerTerminalError for refused
 * paths, names, amounts and sizes.
 */
export function jobObjects(request: RunRequest): JobObjects {
  const name = objectName(request.name);
  const { data, volumes, mounts } = mountedFiles(request, name);
  const labels = { 'app.kubernetes.io/managed-by': 'slipway', 'slipway.dev/run': name };
  const pod = {
    restartPolicy: 'Never',
    enableServiceLinks: false,
    automountServiceAccountToken: request.serviceAccount !== undefined,
    ...(request.serviceAccount === undefined ? {} : { serviceAccountName: request.serviceAccount }),
    securityContext: POD_SECURITY_CONTEXT,
    containers: [{ ...container(request, name), volumeMounts: mounts }],
    volumes,
    terminationGracePeriodSeconds: 5,
  };
  const { annotations = {}, ttlSecondsAfterFinished = TTL_SECONDS } = request;
  return {
    name,
    secret: { metadata: { name, labels }, data: { ...data, ...environmentData(request.env) } },
    job: {
      metadata: { name, labels, annotations },
      spec: {
        backoffLimit: 0,
        ttlSecondsAfterFinished: Math.max(LEAST_TTL_SECONDS, ttlSecondsAfterFinished),
        activeDeadlineSeconds: Math.ceil(request.timeoutSeconds) + ORPHAN_SECONDS,
        template: { metadata: { labels }, spec: pod },
      },
    },
  };
}

/** Kubernetes expands `$(NAME)` in command and arguments itself. */
function container(request: RunRequest, secretName: string): JsonObject {
  const { command, outputs = [], image, args, workingDir, imagePullPolicy } = request;
  if (command.length === 0 && outputs.length > 0) {
    throw new RunnerTerminalError(`${request.name} hands files back, so it must name its command`);
  }
  return {
    name: 'run',
    image,
    ...(command.length === 0 ? {} : { command: commandWithOutputs(command, outputs) }),
    ...(args.length === 0 ? {} : { args }),
    ...(workingDir === '' ? {} : { workingDir }),
    ...(imagePullPolicy === undefined ? {} : { imagePullPolicy }),
    env: Object.keys(request.env).map((key) => ({
      name: key,
      valueFrom: { secretKeyRef: { name: secretName, key: environmentKey(key) } },
    })),
    envFrom: (request.envFromSecrets ?? []).map((name) => ({ secretRef: { name } })),
    resources: containerResources(request),
    securityContext: securityContext(request),
  };
}

function environmentData(env: RunRequest['env']): { [key: string]: string } {
  return Object.fromEntries(
    Object.entries(env).map(([key, value]) => [environmentKey(key), Buffer.from(value).toString('base64')]),
  );
}

/** Keys of a Secret know letters, digits, `-`, `_` and `.`: every other variable name is refused. */
function environmentKey(name: string): string {
  if (/^[A-Za-z_][-A-Za-z0-9_.]*$/.test(name) && name.length < 200) return `env-${name}`;
  throw new RunnerTerminalError(`${JSON.stringify(name)} is no name of an environment variable; rename it`);
}

function objectName(name: string): string {
  if (DNS_LABEL.test(name)) return name;
  const readable = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);
  return `${readable || 'run'}-${createHash('sha256').update(name).digest('hex').slice(0, 12)}`.replace(
    /-+/g,
    '-',
  );
}
