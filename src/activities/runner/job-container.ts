import type { JsonObject } from '../../contracts/json.ts';
import { RunnerTerminalError } from './errors.ts';
import type { RunRequest } from './runner.ts';

/** What job-executor-service 0.3.0 gave to a job that says nothing else. */
const SECURITY_CONTEXT = {
  privileged: false,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  runAsUser: 1000,
  runAsGroup: 2000,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

/** Group of the folders that a job may write to. */
export const POD_SECURITY_CONTEXT = { fsGroup: 2000, fsGroupChangePolicy: 'OnRootMismatch' };

/** The container's security context: the run's own fields instead of the defaults (job-executor-service). Throws for a privileged one. */
export function securityContext({ name, securityContext: own = {} }: RunRequest): JsonObject {
  if (own.privileged === true) {
    throw new RunnerTerminalError(
      `${name}: privileged containers are not allowed; take privileged out of its securityContext`,
    );
  }
  return { ...SECURITY_CONTEXT, ...own };
}

/** Limits and requests as they are asked for; an amount that is no quantity is refused, with its name. */
export function containerResources({ name, resources }: RunRequest): JsonObject {
  const { limits, requests } = resources;
  for (const [kind, amounts] of Object.entries({ limits, requests })) {
    for (const [what, amount] of Object.entries(amounts)) {
      if (QUANTITY.test(amount)) continue;
      throw new RunnerTerminalError(
        `${name}: ${kind}.${what} ${JSON.stringify(amount)} is no Kubernetes quantity; write for example 500m or 512Mi`,
      );
    }
  }
  return { limits: { ...limits }, requests: { ...requests } };
}

const QUANTITY = /^\d+(\.\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\d+)?$/;
