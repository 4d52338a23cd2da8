import type { KeptnEvent } from './events.ts';
import type { QueueScope } from './ids.ts';
import type { JsonObject } from './json.ts';

/** One field of an object that would change; values are texts of at most 200 characters, those of secrets are never told. */
export interface FieldChange {
  /** For example `spec.template.spec.containers[carts].image`. */
  path: string;
  /** Absent: the field is new. */
  before?: string;
  /** Absent: the field goes away. */
  after?: string;
}

/** One object that a deployment or the release after it would create, change or remove. */
export interface ObjectChange {
  action: 'create' | 'change' | 'remove';
  kind: string;
  name: string;
  /** Helm release that the object belongs to; empty for a route, which belongs to none. */
  release: string;
  /** When it happens: with the deployment, or when the new version is released to all users. */
  step: 'deployment' | 'release';
  /** Only for `change`. */
  fields: FieldChange[];
}

/** What a deployment in one stage would do. */
export interface DeploymentPreview extends QueueScope {
  /** Who carries the deployment out; anybody but `builtin` is not previewed. */
  executor: string;
  /** Image or version that users have, and the one that would come. */
  versions: { running?: string; wanted?: string };
  changes: ObjectChange[];
  /** Changes beyond those that are told. */
  omitted: number;
  /** Why nothing can be said, or why the deployment would fail. */
  problem?: string;
}

/** The deployment of one stage as its task would be triggered. */
export interface PreviewRequest {
  /** deployment.triggered, never stored. */
  triggered: KeptnEvent;
  properties: JsonObject;
}

/** Answers what deployments would change; nothing is written. */
export interface PreviewActivities {
  previewDeployment(request: PreviewRequest): Promise<DeploymentPreview>;
}
