import { z } from 'zod';
import { parseEventType } from '../contracts/events.ts';
import type { DeploymentPreview } from '../contracts/preview.ts';
import { RefusedError } from './errors.ts';
import type { NewEvent } from './events.ts';
import type { ApiHttp } from './http.ts';

const field = z.object({ path: z.string(), before: z.string().optional(), after: z.string().optional() });

const change = z.object({
  action: z.enum(['create', 'change', 'remove']),
  kind: z.string(),
  name: z.string(),
  release: z.string(),
  step: z.enum(['deployment', 'release']),
  fields: z.array(field),
});

const answer = z.array(
  z.object({
    project: z.string(),
    stage: z.string(),
    service: z.string(),
    executor: z.string(),
    versions: z.object({ running: z.string().optional(), wanted: z.string().optional() }),
    changes: z.array(change),
    omitted: z.number(),
    problem: z.string().optional(),
  }),
);

/** What the sequence of a trigger event, and those that follow it, would change where they deploy. Throws RefusedError for another event. */
export async function previewDeployments(http: ApiHttp, event: NewEvent): Promise<DeploymentPreview[]> {
  const type = parseEventType(event.type);
  if (type?.of !== 'sequence') {
    throw new RefusedError(`${event.type} starts no sequence`, 'give the event of a trigger');
  }
  const { project = '', service, configurationChange } = event.data;
  const body = { stage: type.stage, sequence: type.sequence, service, configurationChange };
  const path = ['slipway', 'v1', 'project', project, 'preview'];
  const previews = await http.send({ method: 'POST', path, body, answer });
  return previews.map((preview) => JSON.parse(JSON.stringify(preview)) as DeploymentPreview);
}
