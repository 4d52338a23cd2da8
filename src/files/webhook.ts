import {
  applyCurlOptions,
  type CurlCommand,
  parseCurlCommand,
  type RequestTemplate,
} from './curl-command.ts';
import { TemplateError } from './go-template.ts';
import { parseTemplate } from './go-template-parse.ts';
import { type FileReader, listField, type ParsedFile, readYamlFile, textField } from './parsed-file.ts';
import type { DocumentPath } from './problem.ts';
import type { FieldReader } from './yaml/decoder.ts';
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
}

/** A parsed `webhook/webhook.yaml`. */
export interface WebhookFile {
  apiVersion: 'webhookconfig.keptn.sh/v1alpha1' | 'webhookconfig.keptn.sh/v1beta1';
  webhooks: Webhook[];
}

/** Methods that Keptn 1.4.5 accepted. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'HEAD']);

/** Reads `webhook/webhook.yaml`; curl texts (v1alpha1) become requests where they can be expressed as one, else a located error. */
export function parseWebhook(text: string, file: string): ParsedFile<WebhookFile> {
  return readYamlFile(text, { file }, (root, reader) => {
    const model: WebhookFile = { apiVersion: 'webhookconfig.keptn.sh/v1beta1', webhooks: [] };
    let apiVersion = '';
    reader.fields(root, [], {
      apiVersion: textField(reader, (value) => {
        apiVersion = value;
      }),
      kind: textField(reader, (value, path) => {
        if (value !== 'WebhookConfig') reader.report(path, `kind must be WebhookConfig, got "${value}"`);
      }),
      metadata: () => undefined,
      spec: (node, path) =>
        reader.fields(node, path, {
          webhooks: listField(reader, (item, place) => {
            model.webhooks.push(webhook(reader, item, place));
          }),
        }),
    });
    if (apiVersion.endsWith('/v1alpha1') || apiVersion.endsWith('/v1beta1')) {
      model.apiVersion = apiVersion as WebhookFile['apiVersion'];
    } else {
      reader.report(['apiVersion'], `apiVersion "${apiVersion}" is not known`, {
        hint: 'write apiVersion: webhookconfig.keptn.sh/v1beta1',
      });
    }
    return model;
  });
}

function webhook(reader: FileReader, node: YamlNode, path: DocumentPath): Webhook {
  const found: Webhook = {
    type: '',
    subscriptionId: '',
    sendStarted: true,
    sendFinished: false,
    secrets: [],
    requests: [],
  };
  const flag =
    (set: (value: boolean) => void): FieldReader =>
    (value, place) => {
      const read = reader.decoder.boolean(value, place);
      if (typeof read === 'boolean') set(read);
    };
  reader.fields(node, path, {
    type: textField(reader, (value) => {
      found.type = value;
    }),
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
      found.secrets.push(secretVariable(reader, item, place));
    }),
    requests: listField(reader, (item, place) => {
      const request = requestOf(reader, item, place);
      if (request !== undefined) found.requests.push(request);
    }),
  });
  if (found.type === '')
    reader.report(path, 'type is missing', { hint: 'name the event, as in sh.keptn.event.test.triggered' });
  if (found.requests.length === 0)
    reader.report(path, 'there are no usable requests', { hint: 'add at least one' });
  return found;
}

function secretVariable(reader: FileReader, node: YamlNode, path: DocumentPath): SecretVariable {
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

function requestOf(reader: FileReader, node: YamlNode, path: DocumentPath): RequestTemplate | undefined {
  const target = node.kind === 'alias' ? node.target : node;
  const command =
    target.kind === 'scalar' ? curlRequest(reader, node, path) : plainRequest(reader, node, path);
  if (command === undefined) return undefined;
  if ('refused' in command) {
    reader.report(path, command.refused, { hint: 'use url, method, headers and payload of v1beta1' });
    return undefined;
  }
  const { request } = command;
  if (!METHODS.has(request.method)) {
    reader.report(path, `the method "${request.method}" is not allowed`, {
      hint: `use ${[...METHODS].join(', ')}`,
    });
  }
  const headers = request.headers.map(({ value }) => value);
  for (const template of [request.url, request.payload, ...headers]) checkTemplate(reader, path, template);
  return request;
}

function curlRequest(reader: FileReader, node: YamlNode, path: DocumentPath): CurlCommand | undefined {
  const command = reader.decoder.text(node, path);
  return typeof command === 'string' ? parseCurlCommand(command) : undefined;
}

function plainRequest(reader: FileReader, node: YamlNode, path: DocumentPath): CurlCommand {
  const request: RequestTemplate = { url: '', method: '', headers: [], payload: '' };
  let options = '';
  reader.fields(node, path, {
    url: textField(reader, (value) => {
      request.url = value;
    }),
    method: textField(reader, (value) => {
      request.method = value.toUpperCase();
    }),
    payload: textField(reader, (value) => {
      request.payload = value;
    }),
    options: textField(reader, (value) => {
      options = value;
    }),
    headers: listField(reader, (item, place) => {
      const header = { key: '', value: '' };
      reader.fields(item, place, {
        key: textField(reader, (key) => {
          header.key = key;
        }),
        value: textField(reader, (value) => {
          header.value = value;
        }),
      });
      request.headers.push(header);
    }),
  });
  if (request.url === '') return { refused: 'the request has no url' };
  if (request.payload.startsWith('@')) return { refused: 'a payload from a file (@…) is not allowed' };
  return options.trim() === '' ? { request } : applyCurlOptions(request, options);
}

function checkTemplate(reader: FileReader, path: DocumentPath, template: string): void {
  try {
    parseTemplate(template);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    reader.report(path, error.message);
  }
}
