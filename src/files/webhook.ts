import type { RequestTemplate } from './curl-command.ts';
import { listField, type ParsedFile, readYamlFile, textField } from './parsed-file.ts';
import { type DocumentPath, formatProblem, type Problem } from './problem.ts';
import { type EntryReader, requestOf } from './webhook-entry.ts';
import { type FieldReader, YAML_NULL } from './yaml/decoder.ts';
import type { YamlNode } from './yaml/node.ts';

/** A secret's key, given to the templates as `.env.<name>`. */
export interface SecretVariable {
  name: string;
  secret: string;
  key: string;
}

/** What is called for one type of event. */
export interface Webhook {
  type: string;
  subscriptionId: string;
  /** Default true. */
  sendStarted: boolean;
  /** Default false: the called system answers with `.finished` itself. */
  sendFinished: boolean;
  secrets: SecretVariable[];
  requests: RequestTemplate[];
  /** Why this entry cannot be carried out, with its place; the other entries of the file can (Keptn 1.4.5 found out at the call). */
  refusal?: string;
}

/** A parsed `webhook/webhook.yaml`. */
export interface WebhookFile {
  webhooks: Webhook[];
}

/**
 * Reads `webhook/webhook.yaml`; curl texts (v1alpha1) become requests where they can be expressed as one. An entry that
 * cannot is an error with its place and a `refusal`, and leaves the others usable.
 */
export function parseWebhook(text: string, file: string): ParsedFile<WebhookFile> {
  const refusals: Problem[] = [];
  const { model, problems } = readYamlFile(text, { file }, (root, reader) => {
    const found: WebhookFile = { webhooks: [] };
    let apiVersion = '';
    reader.fields(root, [], {
      apiVersion: textField(reader, (value) => {
        apiVersion = value;
      }),
      kind: textField(reader, (value, path) => {
        if (value === 'WebhookConfig') return;
        reader.report(path, `kind is "${value}", not WebhookConfig`, {
          severity: 'warning',
          ...NOT_LOOKED_AT,
        });
      }),
      metadata: () => undefined,
      spec: (node, path) =>
        reader.fields(node, path, {
          webhooks: listField(reader, (item, place) => {
            found.webhooks.push(webhook({ ...reader, refusals }, item, place));
          }),
        }),
    });
    if (!/\/v1(alpha|beta)1$/.test(apiVersion)) {
      reader.report(
        ['apiVersion'],
        `apiVersion "${apiVersion}" is not known: requests are read as they look`,
        {
          severity: 'warning',
          hint: 'write apiVersion: webhookconfig.keptn.sh/v1beta1',
        },
      );
    }
    if (found.webhooks.length === 0)
      reader.report(['spec', 'webhooks'], 'there are no webhooks', { hint: 'add one, or remove the file' });
    return found;
  });
  return { model, problems: [...problems, ...refusals] };
}

const NOT_LOOKED_AT = { hint: 'Keptn did not look at it' };

function webhook(reader: EntryReader, node: YamlNode, path: DocumentPath): Webhook {
  const found: Webhook = {
    type: '',
    subscriptionId: '',
    sendStarted: true,
    sendFinished: false,
    secrets: [],
    requests: [],
  };
  let written = 0;
  let untyped = true;
  const flag =
    (set: (value: boolean) => void): FieldReader =>
    (value, place) => {
      const read = reader.decoder.boolean(value, place);
      if (typeof read === 'boolean') set(read);
    };
  reader.fields(node, path, {
    type: (value, place) => {
      const text = reader.decoder.text(value, place);
      untyped = text === YAML_NULL || text === '';
      if (typeof text === 'string') found.type = text;
    },
    subscriptionID: textField(reader, (value) => {
      found.subscriptionId = value;
    }),
    sendStarted: flag((value) => {
      found.sendStarted = value;
    }),
    sendFinished: flag((value) => {
      found.sendFinished = value;
    }),
    envFrom: listField(reader, (item, place) => {
      const secret = secretVariable(reader, item, place);
      found.secrets.push(secret);
      if (secret.name !== '' && secret.secret !== '' && secret.key !== '') return;
      const problem = reader.document.problem(
        place,
        'a secret needs name, secretRef.name and secretRef.key',
        {
          hint: 'write {name: token, secretRef: {name: my-secret, key: token}}',
        },
      );
      reader.refusals.push(problem);
      found.refusal ??= formatProblem(problem);
    }),
    requests: listField(reader, (item, place) => {
      written++;
      const before = reader.refusals.length;
      const request = requestOf(reader, item, place);
      const refusal = reader.refusals[before];
      if (refusal !== undefined) found.refusal ??= formatProblem(refusal);
      else if (request !== undefined) found.requests.push(request);
    }),
  });
  if (untyped)
    reader.report(path, 'type is missing', { hint: 'name the event, as in sh.keptn.event.test.triggered' });
  if (written === 0) reader.report(path, 'there are no requests', { hint: 'add at least one' });
  return found;
}

function secretVariable(reader: EntryReader, node: YamlNode, path: DocumentPath): SecretVariable {
  const found: SecretVariable = { name: '', secret: '', key: '' };
  reader.fields(node, path, {
    name: textField(reader, (value) => {
      found.name = value;
    }),
    secretRef: (value, place) =>
      reader.fields(value, place, {
        name: textField(reader, (name) => {
          found.secret = name;
        }),
        key: textField(reader, (key) => {
          found.key = key;
        }),
      }),
  });
  return found;
}
