import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { JsonObject } from '../../contracts/json.ts';
import type { ServerContext } from '../context.ts';
import { ApiError } from '../errors.ts';
import { uuidOf } from '../keptn-context.ts';
import { type OpenProblem, openRemediation } from '../problems.ts';
import { parseBody } from '../request-body.ts';

const texts = z.preprocess((value) => value ?? {}, z.record(z.string(), z.string()));

const alertSchema = z.object({
  status: z.enum(['firing', 'resolved']),
  labels: texts,
  annotations: texts,
  startsAt: z.string().max(100),
  generatorURL: z.string().max(10_000).optional(),
  fingerprint: z.string().max(200).optional(),
});

/** Payload version 4; fields that are not named here may come and go. */
const payloadSchema = z.object({ version: z.literal('4'), alerts: z.array(alertSchema).max(1000) });

type Alert = z.infer<typeof alertSchema>;

/** Alertmanager's webhook: every firing alert starts one remediation, however often it is repeated; resolved ends it. */
export function registerAlertmanager(app: FastifyInstance, context: ServerContext): void {
  const { desk, runs, logger, limits } = context;

  app.post('/alertmanager', { bodyLimit: limits.eventBytes }, async (request, reply) => {
    const { alerts } = parseBody(payloadSchema, request.body);
    const accepted: JsonObject[] = [];
    const refused: JsonObject[] = [];
    for (const alert of alerts) {
      try {
        accepted.push(await act(alert));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        logger.warn({ alert: alert.labels, reason: error.message }, 'an alert was refused');
        refused.push({ alert: alert.labels.alertname ?? '', reason: error.message });
      }
    }
    if (accepted.length === 0 && refused.length > 0) throw new ApiError(400, reasons(refused));
    return reply.code(201).send({ accepted, refused });
  });

  async function act(alert: Alert): Promise<JsonObject> {
    const problem = problemOf(alert);
    const { project, stage, service } = problem.data;
    const { keptnContext } = problem;
    await desk.requireService({ project, service });
    if (alert.status === 'resolved') {
      await runs.problemClosed({ project, stage, service, keptnContext });
      return { keptnContext, action: 'closed' };
    }
    const isNew = await openRemediation(context.now, desk, problem);
    return { keptnContext, action: isNew ? 'started' : 'known' };
  }
}

/** The remediation's trigger as Keptn's prometheus-service sent it; both spellings of the description are read. */
function problemOf(alert: Alert): OpenProblem {
  const { labels, annotations, generatorURL = '' } = alert;
  const { project = '', stage = '', service = '', deployment, pod_name = '' } = labels;
  if (project === '' || stage === '' || service === '') {
    throw new ApiError(
      400,
      `the alert ${labels.alertname ?? ''} has no labels project, stage and service: add them to its rule`,
    );
  }
  const fingerprint = alert.fingerprint || JSON.stringify(Object.entries(labels).sort());
  return {
    keptnContext: uuidOf(`${fingerprint}${alert.startsAt}`),
    source: 'prometheus',
    data: {
      project,
      stage,
      service,
      labels: { 'Problem URL': generatorURL },
      ...(deployment === undefined ? {} : { deployment: { deploymentNames: [deployment] } }),
      problem: {
        State: 'OPEN',
        ProblemID: '',
        ProblemTitle: annotations.summary ?? labels.alertname ?? '',
        ProblemDetails: { problemDetails: annotations.descriptions ?? annotations.description ?? '' },
        PID: '',
        ProblemURL: generatorURL,
        ImpactedEntity: pod_name,
        project,
        stage,
        service,
        labels: { deployment: deployment ?? '' },
      },
    },
  };
}

function reasons(refused: JsonObject[]): string {
  return [...new Set(refused.map((one) => String(one.reason)))].join('; ');
}
