import type { JsonObject } from '../sequence/json.ts';
import { type JobResources, jobResources, jobSecurityContext } from './job-container.ts';
import { type JsonPath, parseJsonPath } from './json-path.ts';
import { type FileReader, listField, textField } from './parsed-file.ts';
import type { DocumentPath } from './problem.ts';
import type { FieldReader } from './yaml/decoder.ts';
import type { YamlNode } from './yaml/node.ts';

/** One variable of a job: from the event, from a secret (all its keys), or as written. */
export type JobVariable =
  | { from: 'event'; name: string; path: JsonPath; as: 'json' | 'yaml' | 'string' }
  | { from: 'secret'; name: string }
  | { from: 'string'; name: string; value: string };

/** One container that runs to its end. */
export interface JobTask {
  name: string;
  image: string;
  cmd: string[];
  args: string[];
  /** Files or folders of the service, mounted below /keptn. */
  files: string[];
  env: JobVariable[];
  workingDir: string;
  imagePullPolicy: string;
  /** Seconds until the task counts as failed. Default 300. */
  maxPollDuration: number;
  /** Empty: the worker's own job namespace. */
  namespace: string;
  /** Seconds for which the finished job is kept. Default 21,600. */
  ttlSecondsAfterFinished: number;
  serviceAccount: string;
  /** Absent: the worker's own defaults; a block, even an empty one, replaces all of them (job-executor-service). */
  resources?: JobResources;
  /** Fields of the container's security context, each instead of the worker's default. */
  securityContext: JsonObject;
  annotations: { [name: string]: string };
}

/** Reads one task of job/config.yaml with job-executor-service's defaults. */
export function jobTask(reader: FileReader, node: YamlNode, path: DocumentPath): JobTask {
  const found = defaults();
  const text = (key: 'name' | 'image' | 'workingDir' | 'imagePullPolicy' | 'namespace' | 'serviceAccount') =>
    textField(reader, (value) => {
      found[key] = value;
    });
  const seconds =
    (key: 'maxPollDuration' | 'ttlSecondsAfterFinished'): FieldReader =>
    (value, place) => {
      const read = reader.decoder.integer(value, place);
      if (typeof read === 'number') found[key] = read;
    };
  const texts = (list: string[]) =>
    listField(
      reader,
      textField(reader, (value) => {
        list.push(value);
      }),
    );
  reader.fields(node, path, {
    name: text('name'),
    image: text('image'),
    cmd: texts(found.cmd),
    args: texts(found.args),
    files: texts(found.files),
    env: listField(reader, (item, place) => {
      const variable = jobVariable(reader, item, place);
      if (variable !== undefined) found.env.push(variable);
    }),
    workingDir: text('workingDir'),
    imagePullPolicy: text('imagePullPolicy'),
    maxPollDuration: seconds('maxPollDuration'),
    namespace: text('namespace'),
    ttlSecondsAfterFinished: seconds('ttlSecondsAfterFinished'),
    serviceAccount: text('serviceAccount'),
    resources: (value, place) => {
      found.resources = jobResources(reader, value, place);
    },
    securityContext: (value, place) => {
      found.securityContext = jobSecurityContext(reader, value, place);
    },
    annotations: (value, place) => {
      reader.decoder.entries(value, place, (name, item) => {
        const content = reader.decoder.text(item, [...place, name]);
        if (typeof content === 'string') found.annotations[name] = content;
      });
    },
  });
  if (found.image === '') reader.report(path, 'the task has no image', { hint: 'name the image to run' });
  return found;
}

function defaults(): JobTask {
  return {
    name: '',
    image: '',
    cmd: [],
    args: [],
    files: [],
    env: [],
    workingDir: '',
    imagePullPolicy: '',
    maxPollDuration: 300,
    namespace: '',
    ttlSecondsAfterFinished: 21_600,
    serviceAccount: '',
    securityContext: {},
    annotations: {},
  };
}

function jobVariable(reader: FileReader, node: YamlNode, path: DocumentPath): JobVariable | undefined {
  const fields = { name: '', value: '', valueFrom: '', as: '' };
  const text = (key: keyof typeof fields) =>
    textField(reader, (value) => {
      fields[key] = value;
    });
  reader.fields(node, path, {
    name: text('name'),
    value: text('value'),
    valueFrom: text('valueFrom'),
    as: text('as'),
  });
  switch (fields.valueFrom) {
    case 'secret':
      return { from: 'secret', name: fields.name };
    case 'string':
      return { from: 'string', name: fields.name, value: fields.value };
    case 'event': {
      const parsed = parseJsonPath(fields.value);
      if (parsed === undefined) {
        reader.report([...path, 'value'], `"${fields.value}" does not name one value of the event`, {
          hint: 'write a path such as $.data.service',
        });
        return undefined;
      }
      const as = fields.as === 'json' || fields.as === 'yaml' ? fields.as : 'string';
      return { from: 'event', name: fields.name, path: parsed, as };
    }
    default:
      reader.report([...path, 'valueFrom'], `valueFrom "${fields.valueFrom}" is not known`, {
        hint: 'write event, secret or string',
      });
      return undefined;
  }
}
