/** The SDK: `import { SlipwayClient } from 'slipway/client'`. */
export { ConfigurationError } from '../config/errors.ts';
export type { DeploymentPreview, FieldChange, ObjectChange } from '../contracts/preview.ts';
export type { ActiveRun, ActiveRunsQuery } from './active-runs.ts';
export type { Metadata, Project, SequenceView, Service, Stage } from './answers.ts';
export type { Decided, DecisionRequest } from './approvals.ts';
export * from './errors.ts';
export type { EvaluationFilter, EventFilter, NewEvent } from './events.ts';
export type { HttpOptions } from './http.ts';
export type { Line } from './line.ts';
export type { GitCredentials, NewProject } from './projects.ts';
export type { Rerun, RerunRequest } from './rerun.ts';
export type { NewResource, Resource, ResourceScope } from './resources.ts';
export type { RollbackRequest, StartedRollback } from './rollback.ts';
export { hasEnded, type Run, type RunState, type SequenceRun, type TaskRun } from './run.ts';
export type { ControlRequest, RunFilter } from './runs.ts';
export { SlipwayClient, type Started } from './slipway-client.ts';
export type {
  DeliveriesRequest,
  DeliveryRequest,
  EvaluationRequest,
  FreezeOverride,
  SequenceRequest,
  StartedTogether,
} from './trigger.ts';
export type { WaitOptions } from './wait.ts';
