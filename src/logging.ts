import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino';
import type { LogLevel } from './config/setting-kinds.ts';

/** What a logger writes and where. */
export interface LoggingOptions {
  level?: LogLevel;
  /** Part of Slipway that writes, for example `worker` or `server`. */
  component: string;
  /** Default: stderr, so that stdout carries results only. */
  stream?: DestinationStream;
}

/** Which run a line belongs to; the names are those of Keptn's events and of Temporal. */
export interface RunIds {
  keptnContext?: string;
  workflowId?: string;
  runId?: string;
  project?: string;
  stage?: string;
  service?: string;
}

/** Fields whose values are never written, at the top and one level down. */
const SECRET_FIELDS = ['token', 'x-token', 'authorization', 'password', 'apiKey', 'privateKey', 'secret'];

/**
 * JSON lines with level, RFC 3339 time, component and message. Values of fields that carry secrets are
 * replaced by `[secret]`; never put a secret into the message itself.
 */
export function createLogger(options: LoggingOptions): Logger {
  return pino(
    {
      level: options.level ?? 'info',
      base: { component: options.component },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: SECRET_FIELDS.flatMap((field) => [`["${field}"]`, `*["${field}"]`]),
        censor: '[secret]',
      },
    },
    options.stream ?? destination({ fd: 2, sync: true }),
  );
}

/** A logger whose lines all carry the ids of one run. */
export function loggerForRun(logger: Logger, ids: RunIds): Logger {
  return logger.child(ids);
}
