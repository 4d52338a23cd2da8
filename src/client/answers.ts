import { z } from 'zod';
import type { EventData, KeptnEvent } from '../contracts/events.ts';
import type { Json } from '../contracts/json.ts';

/** Shapes of the API's answers (Keptn 1.4.5); unknown fields are allowed and dropped unless kept on purpose. */

const pageKey = z.union([z.string(), z.number()]).nullish();

/** Answer whose body does not matter: empty, an object, or text. */
export const anything = z.unknown();

export const contextAnswer = z.object({ keptnContext: z.string().min(1) });

/** Keptn answers null for an empty list at some places. */
function list<Item>(item: z.ZodType<Item>): z.ZodType<Item[]> {
  return z.preprocess((value) => value ?? [], z.array(item));
}

const service = z.object({
  serviceName: z.string(),
  creationDate: z.string().optional(),
  deployedImage: z.string().optional(),
});

const stage = z.object({
  stageName: z.string(),
  parentStages: list(z.string()).optional(),
  services: list(service),
});

const line = z.object({
  state: z.enum(['running', 'stopped']),
  by: z.string().exactOptional(),
  reason: z.string().exactOptional(),
  time: z.string().exactOptional(),
});

const project = z.object({
  projectName: z.string(),
  creationDate: z.string().optional(),
  shipyard: z.string().optional(),
  shipyardVersion: z.string().optional(),
  stages: list(stage),
  line: line.optional(),
});

/** A service of one stage. */
export type Service = z.infer<typeof service>;
/** A stage with its services. */
export type Stage = z.infer<typeof stage>;
/** A project; its stages stand in the order of the shipyard when it was asked for alone. */
export type Project = z.infer<typeof project>;

export const projectAnswer: z.ZodType<Project> = project;
export const projectsPage = z.object({ projects: list(project), nextPageKey: pageKey });
export const stagesPage = z.object({ stages: list(stage), nextPageKey: pageKey });
export const servicesPage = z.object({ services: list(service), nextPageKey: pageKey });

const json: z.ZodType<Json> = z.json();
const eventData: z.ZodType<EventData> = z
  .record(z.string(), json)
  .transform((data) => ({ project: '', stage: '', service: '', ...data }) as EventData);

const event: z.ZodType<KeptnEvent> = z.object({
  id: z.string(),
  type: z.string(),
  source: z.string().catch(''),
  specversion: z.literal('1.0').catch('1.0'),
  contenttype: z.literal('application/json').catch('application/json'),
  time: z.string(),
  shkeptncontext: z.string().catch(''),
  shkeptnspecversion: z.string().exactOptional(),
  triggeredid: z.string().exactOptional(),
  gitcommitid: z.string().exactOptional(),
  data: eventData,
});

export const eventsPage = z.object({ events: list(event), nextPageKey: pageKey });

const eventReference = z.object({ id: z.string().optional(), type: z.string(), time: z.string().optional() });

const sequenceStage = z.object({
  name: z.string(),
  image: z.string().optional(),
  state: z.string().catch(''),
  latestEvaluation: z.object({ result: z.string(), score: z.number() }).partial().nullish(),
  latestEvent: eventReference.nullish(),
  latestFailedEvent: eventReference.nullish(),
});

const sequence = z.object({
  name: z.string(),
  project: z.string(),
  service: z.string(),
  time: z.string().optional(),
  shkeptncontext: z.string(),
  state: z.string(),
  problemTitle: z.string().optional(),
  stages: list(sequenceStage),
});

/** One run as the API lists it: all sequences that share a Keptn context. */
export type SequenceView = z.infer<typeof sequence>;

export const sequencesPage = z.object({ states: list(sequence), nextPageKey: pageKey });

const resourceEntry = z.object({ resourceURI: z.string() });
const resource = z.object({
  resourceURI: z.string().optional(),
  resourceContent: z.string().catch(''),
  metadata: z.object({ version: z.string() }).partial().nullish(),
});

export const resourcesPage = z.object({ resources: list(resourceEntry), nextPageKey: pageKey });
export const resourceAnswer = resource;
export const writtenAnswer = z.object({ commitID: z.string() }).partial().nullish().catch(undefined);
export const metadataAnswer = z.object({
  keptnversion: z.string().catch(''),
  namespace: z.string().catch(''),
  shipyardversion: z.string().catch(''),
});

/** What the API says about itself. */
export type Metadata = z.infer<typeof metadataAnswer>;

const activeRun = z.object({
  project: z.string(),
  stage: z.string(),
  service: z.string(),
  keptnContext: z.string(),
  sequence: z.string(),
  workflowId: z.string(),
  state: z.string(),
  position: z.number().exactOptional(),
  task: z.string().exactOptional(),
  executor: z.string().exactOptional(),
  missing: z.string().exactOptional(),
});

export const activeRunsAnswer = z.object({ runs: list(activeRun) });

export const rerunAnswer = z.object({
  keptnContext: z.string(),
  stage: z.string(),
  sequence: z.string(),
  from: z.string(),
});

export const rollbackAnswer = z.object({
  keptnContext: z.string(),
  stage: z.string(),
  sequence: z.string(),
  releaseContext: z.string(),
});

export const lineAnswer = line;
