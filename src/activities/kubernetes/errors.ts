/** The API server answered with an error status; `status` is the HTTP code, `reason` Kubernetes' word for it. */
export class KubernetesApiError extends Error {
  override readonly name = 'KubernetesApiError';
  readonly status: number;
  readonly reason: string;

  constructor(message: string, status: number, reason: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

/** The API server did not answer (network, timeout, 5xx, 429): the outcome of a write is unknown, a read may be repeated. */
export class KubernetesUnreachableError extends Error {
  override readonly name = 'KubernetesUnreachableError';
}

/** True when the object is not there, or the kind is not known to the cluster (its CRD is not installed). */
export function isNotFound(error: unknown): boolean {
  return error instanceof KubernetesApiError && error.status === 404;
}

/** True when a write met a newer version of the object, or the object exists already. */
export function isConflict(error: unknown): boolean {
  return error instanceof KubernetesApiError && error.status === 409;
}
