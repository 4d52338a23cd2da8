import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { JsonObject } from '../../contracts/json.ts';
import { RunnerTerminalError } from './errors.ts';
import type { RunRequest } from './runner.ts';

/** Where job-executor-service mounted the files. */
const KEPTN_ROOT = '/keptn';
/** What a run asks for when its limits allow (job-executor-service). */
const REQUESTS = { cpu: '50m', memory: '128Mi' };
/** Seconds for which a finished Job is kept (job-executor-service). */
const TTL_SECONDS = 21_600;
/** A Secret holds 1 MiB; names and encoding need some of it. */
const MAX_FILES_BYTES = 900_000;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Objects of a run in the cluster: the Job, and the Secret with its files and its environment. */
export interface JobObjects {
  readonly name: string;
  readonly secret: JsonObject;
  readonly job: JsonObject;
}

/**
 * A Kubernetes Job for a run. Files lie below /keptn as job-executor-service mounted them, and below the working directory
 * when that is elsewhere; both folders are writable. Throws RunnerTerminalError for refused paths, names and sizes.
 */
export function jobObjects(request: RunRequest): JobObjects {
  const name = objectName(request.name);
  const data: { [key: string]: string } = {};
  const mounts: JsonObject[] = [];
  const items: JsonObject[] = [];
  const roots = mountRoots(request.workingDir);
  for (const [index, { path, content }] of request.files.entries()) {
    const inside = insideOf(path);
    data[`file-${index}`] = Buffer.from(content).toString('base64');
    items.push({ key: `file-${index}`, path: inside });
    mounts.push(
      ...roots.map((root) => ({
        name: 'files',
        mountPath: `${root}/${inside}`,
        subPath: inside,
        readOnly: true,
      })),
    );
  }
  for (const [key, value] of Object.entries(request.env))
    data[environmentKey(key)] = Buffer.from(value).toString('base64');
  const size = request.files.reduce((sum, { content }) => sum + content.length, 0);
  if (size > MAX_FILES_BYTES) {
    throw new RunnerTerminalError(
      `${request.name}: its files have ${size} bytes; a Secret holds ${MAX_FILES_BYTES}: name fewer files`,
    );
  }
  const env = Object.keys(request.env).map((key) => ({
    name: key,
    valueFrom: { secretKeyRef: { name, key: environmentKey(key) } },
  }));
  const container = {
    name: 'run',
    image: request.image,
    ...(request.argv.length === 0 ? {} : { command: request.argv }),
    ...(request.workingDir === '' ? {} : { workingDir: request.workingDir }),
    env,
    resources: { limits: { ...request.limits }, requests: requestsWithin(request.limits) },
    securityContext: { allowPrivilegeEscalation: false, seccompProfile: { type: 'RuntimeDefault' } },
    volumeMounts: [...roots.map((root, index) => ({ name: `root-${index}`, mountPath: root })), ...mounts],
  };
  const labels = { 'app.kubernetes.io/managed-by': 'slipway', 'slipway.dev/run': name };
  const pod = {
    restartPolicy: 'Never',
    enableServiceLinks: false,
    automountServiceAccountToken: request.serviceAccount !== undefined,
    ...(request.serviceAccount === undefined ? {} : { serviceAccountName: request.serviceAccount }),
    containers: [container],
    volumes: [
      ...roots.map((_root, index) => ({ name: `root-${index}`, emptyDir: {} })),
      { name: 'files', secret: { secretName: name, items, optional: items.length === 0 } },
    ],
    terminationGracePeriodSeconds: 5,
  };
  return {
    name,
    secret: { metadata: { name, labels }, data },
    job: {
      metadata: { name, labels },
      spec: {
        backoffLimit: 0,
        ttlSecondsAfterFinished: TTL_SECONDS,
        template: { metadata: { labels }, spec: pod },
      },
    },
  };
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

function mountRoots(workingDir: string): string[] {
  if (workingDir === '' || workingDir === KEPTN_ROOT || workingDir.startsWith(`${KEPTN_ROOT}/`))
    return [KEPTN_ROOT];
  const root = posix.normalize(workingDir).replace(/\/$/, '');
  if (!root.startsWith('/') || root === '') {
    throw new RunnerTerminalError(
      `the working directory ${workingDir} must be an absolute folder other than /`,
    );
  }
  return [KEPTN_ROOT, root];
}

function insideOf(path: string): string {
  const normal = posix.normalize(path);
  if (!posix.isAbsolute(normal) && normal !== '.' && normal !== '..' && !normal.startsWith('../'))
    return normal;
  throw new RunnerTerminalError(
    `the file ${path} would lie outside of the working directory: name it by a relative path`,
  );
}

/** Keys of a Secret know letters, digits, `-`, `_` and `.`: every other variable name is refused. */
function environmentKey(name: string): string {
  if (/^[A-Za-z_][-A-Za-z0-9_.]*$/.test(name) && name.length < 200) return `env-${name}`;
  throw new RunnerTerminalError(`${JSON.stringify(name)} is no name of an environment variable; rename it`);
}

/** Without requests Kubernetes reserves the whole limits. */
function requestsWithin(limits: RunRequest['limits']): { cpu: string; memory: string } {
  const smaller = (limit: string | undefined, usual: string): string =>
    limit !== undefined && quantity(limit) < quantity(usual) ? limit : usual;
  return { cpu: smaller(limits.cpu, REQUESTS.cpu), memory: smaller(limits.memory, REQUESTS.memory) };
}

const UNITS: { readonly [suffix: string]: number } = {
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** Kubernetes quantity as a number; throws RunnerTerminalError for other text. */
export function quantity(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/.exec(text);
  const unit = UNITS[match?.[2] ?? ''];
  if (match === null || unit === undefined) {
    throw new RunnerTerminalError(
      `${JSON.stringify(text)} is no Kubernetes quantity; write for example 500m or 512Mi`,
    );
  }
  return Number(match[1]) * unit;
}
