import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { Logger } from 'pino';
import type { ConfigRepo } from '../activities/config/config-repo.ts';
import type { Store } from '../store/store.ts';
import type { AlertRules } from './alert-rules.ts';
import { requireToken } from './authentication.ts';
import type { ServerContext } from './context.ts';
import { knownError } from './errors.ts';
import { EventDesk } from './event-desk.ts';
import { serveOpenApi } from './openapi.ts';
import { routedUrl } from './request-url.ts';
import { registerActiveRuns } from './routes/active-runs.ts';
import { registerAlertmanager } from './routes/alertmanager.ts';
import { registerDatastore } from './routes/datastore.ts';
import { registerEvaluation } from './routes/evaluation.ts';
import { registerEvaluations } from './routes/evaluations.ts';
import { registerEvents } from './routes/events.ts';
import { registerLine } from './routes/line.ts';
import { registerPreview } from './routes/preview.ts';
import { registerProjects } from './routes/projects.ts';
import { registerRerun } from './routes/rerun.ts';
import { registerResources } from './routes/resources.ts';
import { registerRollback } from './routes/rollback.ts';
import { registerSecrets } from './routes/secrets.ts';
import { registerSequences } from './routes/sequences.ts';
import { registerServiceInfo } from './routes/service-info.ts';
import { registerServices } from './routes/services.ts';
import { registerStatistics } from './routes/statistics.ts';
import { registerUniform } from './routes/uniform.ts';
import type { Runs } from './runs.ts';

const MEGABYTE = 1024 * 1024;
const REDELIVERY_INTERVAL_MS = 10_000;

export interface ServerOptions {
  store: Store;
  config: ConfigRepo;
  runs: Runs;
  logger: Logger;
  /** What callers send in `x-token`; without one everybody may call. */
  token?: string;
  /** Prometheus that takes the alert rules of `configure monitoring`; without one they are only told. */
  alertRules?: AlertRules;
  /** Clock, default the machine's. */
  now?: () => Date;
  /** What GET /v1/metadata answers. Default 1.4.5: Keptn's command line warns about any version but its own. */
  keptnVersion?: string;
  /** Default `keptn`. */
  namespace?: string;
  /** Default true: projects need no Git upstream. With false Keptn's command line demands one. */
  automaticProvisioning?: boolean;
  /** Page that `/bridge` leads to; without one it is not found. */
  webUi?: string | undefined;
  /** Bytes of an event, default 1 MB (Keptn's own limit was 64 KB). */
  eventLimitBytes?: number;
  /** Bytes of a request that stores files, default 7 MB: files of 5 MB in base64. */
  resourceLimitBytes?: number;
  /** Trust X-Forwarded-For of a proxy when counting wrong tokens; default false. */
  trustProxy?: boolean;
}

const ROUTES = [
  registerServiceInfo,
  registerEvents,
  registerDatastore,
  registerProjects,
  registerServices,
  registerEvaluation,
  registerEvaluations,
  registerSequences,
  registerActiveRuns,
  registerRerun,
  registerRollback,
  registerLine,
  registerPreview,
  registerUniform,
  registerResources,
  registerSecrets,
  registerAlertmanager,
  registerStatistics,
];

/**
 * The HTTP server with Keptn's API, under `/api` and without it. Once it is ready, events that an earlier process accepted but
 * did not hand to the engine are delivered, and again every ten seconds until it is closed. The caller listens and closes.
 */
export function createServer(options: ServerOptions): FastifyInstance {
  const context = contextOf(options);
  const app = fastify({
    loggerInstance: options.logger as never,
    logController: new LogController({ disableRequestLogging: true }),
    rewriteUrl: (request) => routedUrl(request.url ?? '/'),
    routerOptions: { maxParamLength: 4096 },
    bodyLimit: context.limits.eventBytes,
    trustProxy: options.trustProxy ?? false,
    requestTimeout: 60_000,
    frameworkErrors: answerFrameworkError as never,
  }) as unknown as FastifyInstance;
  acceptBodies(app);
  answerErrors(app, options.logger);
  if (options.token !== undefined) app.addHook('onRequest', requireToken(options.token));
  serveOpenApi(app);
  for (const register of ROUTES) register(app, context);
  keepDelivering(app, context);
  return app;
}

function contextOf(options: ServerOptions): ServerContext {
  const { store, config, runs, logger } = options;
  const now = options.now ?? (() => new Date());
  return {
    store,
    config,
    runs,
    logger,
    now,
    desk: new EventDesk({ store, config, runs, logger, now, alertRules: options.alertRules }),
    startedAt: now().getTime(),
    metadata: {
      keptnVersion: options.keptnVersion ?? '1.4.5',
      namespace: options.namespace ?? 'keptn',
      automaticProvisioning: options.automaticProvisioning ?? true,
      webUi: options.webUi,
    },
    limits: {
      eventBytes: options.eventLimitBytes ?? MEGABYTE,
      resourceBytes: options.resourceLimitBytes ?? 7 * MEGABYTE,
    },
  };
}

/** Keptn's clients name JSON also where they send nothing; CloudEvents have a type of their own. */
function acceptBodies(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser(
    ['application/json', 'application/cloudevents+json'],
    { parseAs: 'string' },
    (request, body, done) => {
      const text = String(body);
      if (text.trim() === '') done(null, undefined);
      else void parseJson(request, text, done);
    },
  );
}

/** A path that cannot be decoded never reaches a route. */
function answerFrameworkError(error: unknown, _request: FastifyRequest, reply: FastifyReply): void {
  const known = knownError(error) ?? {
    status: 400,
    body: { code: 400, message: 'the request is not understood' },
  };
  reply.code(known.status).send(known.body);
}

function answerErrors(app: FastifyInstance, logger: Logger): void {
  app.setErrorHandler((error, request, reply) => {
    const known = knownError(error);
    if (known) return reply.code(known.status).send(known.body);
    logger.error(
      { err: error, method: request.method, path: request.url.split('?', 1)[0] },
      'a request failed',
    );
    return reply.code(500).send({
      code: 500,
      message: 'internal error: the server log has the reason; please report it',
    });
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({
      code: 404,
      message: `path not found: ${request.method} ${request.url.split('?', 1)[0]?.replaceAll('%', '') ?? ''}`,
    }),
  );
}

function keepDelivering(app: FastifyInstance, { desk, logger }: ServerContext): void {
  let timer: NodeJS.Timeout | undefined;
  const deliver = (): void => {
    desk
      .redeliver()
      .catch((error: unknown) => logger.warn({ err: error }, 'undelivered events were not read'));
  };
  app.addHook('onReady', async () => {
    deliver();
    timer = setInterval(deliver, REDELIVERY_INTERVAL_MS);
    timer.unref();
  });
  app.addHook('onClose', async () => {
    clearInterval(timer);
  });
}
