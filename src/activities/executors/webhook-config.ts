import type { KeptnEvent } from '../../contracts/events.ts';
import { coversType } from '../../files/event-cover.ts';
import { formatProblem } from '../../files/problem.ts';
import { parseWebhook, type Webhook } from '../../files/webhook.ts';
import { LEVELS, type ScopedFiles } from '../config/scoped-files.ts';
import { fileScope } from './payload.ts';

const WEBHOOK_FILE = 'webhook/webhook.yaml';

/** The webhook.yaml cannot be used; the message names the place. */
export class WebhookTerminalError extends Error {
  override readonly name = 'WebhookTerminalError';
}

/**
 * The webhooks for an event on service, stage and project level. Keptn 1.4.5 looked each subscription up by its id, the nearest file
 * first: an entry takes the place of those with its id on the levels behind it, and entries of other ids are carried out beside it.
 * The file's `type` stands for the subscription's. Throws WebhookTerminalError for a broken file.
 */
export async function readWebhooks(files: ScopedFiles, event: KeptnEvent): Promise<Webhook[]> {
  const webhooks: Webhook[] = [];
  for (const level of LEVELS) {
    const found = await files.at(fileScope(event), level, WEBHOOK_FILE);
    if (found === undefined) continue;
    const { model, problems } = parseWebhook(found.text, WEBHOOK_FILE);
    if (model === undefined) {
      const reasons = problems.filter(({ severity }) => severity === 'error').map(formatProblem);
      throw new WebhookTerminalError(
        `${WEBHOOK_FILE} on ${level} level cannot be used: ${reasons.join('; ')}`,
      );
    }
    const nearer = new Set(webhooks.map(({ subscriptionId }) => subscriptionId));
    webhooks.push(
      ...model.webhooks.filter(
        ({ type, subscriptionId }) => coversType(type, event.type) && !nearer.has(subscriptionId),
      ),
    );
  }
  return webhooks;
}
