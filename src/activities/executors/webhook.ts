import type { TaskActivities, TaskFinished } from '../../contracts/activities.ts';
import { type KeptnEvent, parseEventType } from '../../contracts/events.ts';
import { isJsonObject, type Json, type JsonObject } from '../../contracts/json.ts';
import type { Webhook } from '../../files/webhook.ts';
import type { ScopedFiles } from '../config/scoped-files.ts';
import type { EffectContext } from '../platform/platform.ts';
import type { ActivityDependencies, Secrets } from './dependencies.ts';
import { earlierProgress, inActivity } from './effect-context.ts';
import { eventAsJson } from './job-config.ts';
import { masked } from './masking.ts';
import { erroredTask, taskOutcome } from './task-outcome.ts';
import { readWebhooks, WebhookTerminalError } from './webhook-config.ts';
import { WebhookGuard } from './webhook-guard.ts';
import { type RequestOptions, renderRequest, sendRequest } from './webhook-request.ts';

type WebhookDependencies = Pick<ActivityDependencies, 'secrets' | 'options'> & { files: ScopedFiles };

/** Told before the first request leaves; an attempt that finds it must not send again. */
const SENDING = 'sending';

/**
 * What a webhook hands back. `answersExpected` is set when the file says that the called system answers by itself
 * (`sendFinished: false`): that many `.finished` events are still to come, and this one counts for nothing.
 */
export type WebhookFinished = TaskFinished & { answersExpected?: number };

/** The requests of webhook/webhook.yaml for an event (webhook-service 1.4.5), by HTTP only and never through a shell. */
export function webhookActivity({
  files,
  secrets,
  options,
}: WebhookDependencies): Pick<TaskActivities, 'runWebhook'> {
  const guard = new WebhookGuard({
    allowed: options?.webhookAllowedHosts ?? [],
    denied: options?.webhookDeniedHosts ?? [],
  });
  const timeoutMs = options?.webhookTimeoutMs ?? 30_000;
  const run = async (event: KeptnEvent, { signal, progress }: EffectContext): Promise<WebhookFinished> => {
    if (earlierProgress()?.startsWith(SENDING) === true) {
      return erroredTask(
        'The worker was lost while the webhook was being called. Whether the request arrived is unknown, so it was ' +
          'not sent again; look at the called system, then trigger the sequence again',
      );
    }
    const webhooks = await readWebhooks(files, event);
    if (webhooks.length === 0)
      return erroredTask(`webhook/webhook.yaml has no entry for ${event.type} any more`);
    const prepared = await Promise.all(webhooks.map((webhook) => prepare(event, webhook, secrets)));
    progress(`${SENDING} requests of ${event.type}`);
    const responses: Json[] = [];
    const failures: string[] = [];
    for (const call of prepared) {
      const failure =
        typeof call === 'string' ? call : await call.send({ guard, timeoutMs, signal }, responses);
      if (failure !== undefined) failures.push(failure);
    }
    // Keptn 1.4.5 carried each webhook out for itself: one that fails keeps no other from being called.
    if (failures.length > 0) return erroredTask(failures.join('; '));
    return finished(event, webhooks, responses);
  };
  return {
    runWebhook: ({ triggered }) => inActivity((context) => taskOutcome(() => run(triggered, context))),
  };
}

/** The call of a webhook with its secrets, or why it cannot be made. */
async function prepare(event: KeptnEvent, webhook: Webhook, secrets: Secrets): Promise<WebhookCall | string> {
  try {
    return new WebhookCall(event, webhook, await secretsOf(webhook, secrets));
  } catch (error) {
    if (error instanceof WebhookTerminalError) return error.message;
    throw error;
  }
}

/** The requests of one webhook for one event; its secrets are masked in everything that leaves it. */
class WebhookCall {
  readonly #webhook: Webhook;
  readonly #data: JsonObject;
  readonly #secretValues: readonly string[];

  constructor(event: KeptnEvent, webhook: Webhook, env: { [name: string]: string }) {
    const json = eventAsJson(event);
    this.#webhook = webhook;
    this.#data = { ...(isJsonObject(json) ? json : {}), env };
    this.#secretValues = Object.values(env);
  }

  /** Sends one request after the other and adds what they answer; the first failure ends it and is answered. */
  async send(options: RequestOptions, responses: Json[]): Promise<string | undefined> {
    const { type, refusal } = this.#webhook;
    if (refusal !== undefined) return `webhook ${type}: ${refusal}`;
    for (const template of this.#webhook.requests) {
      try {
        const body = await sendRequest(renderRequest(template, this.#data), options);
        responses.push(asResponse(masked(body, this.#secretValues)));
      } catch (error) {
        options.signal.throwIfAborted();
        if (!(error instanceof Error)) throw error;
        return masked(`webhook ${this.#webhook.type}: ${error.message}`, this.#secretValues);
      }
    }
    return undefined;
  }
}

async function secretsOf(webhook: Webhook, secrets: Secrets): Promise<{ [name: string]: string }> {
  const env: { [name: string]: string } = {};
  for (const { name, secret, key } of webhook.secrets) {
    const value = (await secrets.secret(secret))?.[key];
    if (value === undefined) {
      throw new WebhookTerminalError(
        `webhook ${webhook.type} takes the key ${key} of the secret ${secret}, which is not there; create it first`,
      );
    }
    env[name] = value;
  }
  return env;
}

/** A JSON object as such, everything else as text. */
function asResponse(body: string): Json {
  try {
    const parsed = JSON.parse(body) as Json;
    return isJsonObject(parsed) ? parsed : body;
  } catch {
    return body;
  }
}

function finished(event: KeptnEvent, webhooks: readonly Webhook[], responses: Json[]): WebhookFinished {
  const parsed = parseEventType(event.type);
  const task = parsed?.of === 'task' ? parsed.task : 'webhook';
  const answers = webhooks
    .filter(({ sendFinished }) => !sendFinished)
    .reduce((count, { requests }) => count + requests.length, 0);
  return {
    status: 'succeeded',
    result: 'pass',
    message: '',
    data: { [task]: { responses } },
    ...(answers === 0 ? {} : { answersExpected: answers }),
  };
}
