import type { QueueScope } from './ids.ts';

/** Argument of the workflow `undeployment`: a deleted service, and the stages of its project. */
export interface UndeploymentInput {
  project: string;
  service: string;
  stages: string[];
}

/** Takes away what runs of a deleted service. */
export interface UndeploymentActivities {
  /** Answers `kept` when a service of this name has been created again meanwhile: what runs may be its own. */
  undeploy(request: QueueScope): Promise<'removed' | 'kept'>;
}
