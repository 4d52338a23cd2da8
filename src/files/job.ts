import type { JobTask } from './job-task.ts';
import { jobTask } from './job-task.ts';
import { type JsonPath, parseJsonPath } from './json-path.ts';
import { type FileReader, listField, type ParsedFile, readYamlFile, textField } from './parsed-file.ts';
import type { DocumentPath } from './problem.ts';
import type { YamlNode } from './yaml/node.ts';

/** Which events an action answers. */
export interface JobEvent {
  /** Regular expression, unanchored (job-executor-service), over the event's type. */
  pattern: RegExp;
  /** The value at the path of the whole event must equal the text. */
  condition?: { path: JsonPath; match: string };
}

/** Tasks that run one after another for an event. */
export interface JobAction {
  name: string;
  /** Runs without sending events. Default false. */
  silent: boolean;
  events: JobEvent[];
  tasks: JobTask[];
}

/** A parsed `job/config.yaml` of version v2. */
export interface JobConfig {
  actions: JobAction[];
}

/** Reads `job/config.yaml`; unknown keys are errors, as job-executor-service decoded the file strictly. */
export function parseJobConfig(text: string, file: string): ParsedFile<JobConfig> {
  return readYamlFile(text, { file, unknownKeys: 'error' }, (root, reader) => {
    const model: JobConfig = { actions: [] };
    let apiVersion = '';
    reader.fields(root, [], {
      apiVersion: textField(reader, (value) => {
        apiVersion = value;
      }),
      actions: listField(reader, (node, path) => {
        model.actions.push(jobAction(reader, node, path));
      }),
    });
    if (apiVersion === '')
      reader.report(['apiVersion'], 'apiVersion must be specified', { hint: 'write apiVersion: v2' });
    else if (apiVersion !== 'v2')
      reader.report(['apiVersion'], `apiVersion ${apiVersion} is not supported, use v2`);
    return model;
  });
}

function jobAction(reader: FileReader, node: YamlNode, path: DocumentPath): JobAction {
  const found: JobAction = { name: '', silent: false, events: [], tasks: [] };
  reader.fields(node, path, {
    name: textField(reader, (value) => {
      found.name = value;
    }),
    silent: (value, place) => {
      found.silent = reader.decoder.boolean(value, place) === true;
    },
    events: listField(reader, (item, place) => {
      const event = jobEvent(reader, item, place);
      if (event !== undefined) found.events.push(event);
    }),
    tasks: listField(reader, (item, place) => {
      found.tasks.push(jobTask(reader, item, place));
    }),
  });
  return found;
}

function jobEvent(reader: FileReader, node: YamlNode, path: DocumentPath): JobEvent | undefined {
  let name = '';
  let condition: { property: string; match: string } | undefined;
  reader.fields(node, path, {
    name: textField(reader, (value) => {
      name = value;
    }),
    jsonpath: (value, place) => {
      const fields = { property: '', match: '' };
      reader.fields(value, place, {
        property: textField(reader, (property) => {
          fields.property = property;
        }),
        match: textField(reader, (match) => {
          fields.match = match;
        }),
      });
      if (fields.property !== '') condition = fields;
    },
  });
  const pattern = eventPattern(name);
  if (typeof pattern === 'string') {
    reader.report([...path, 'name'], pattern, {
      hint: 'write the event type, as in sh.keptn.event.test.triggered',
    });
    return undefined;
  }
  if (condition === undefined) return { pattern };
  const parsed = parseJsonPath(condition.property);
  if (parsed !== undefined) return { pattern, condition: { path: parsed, match: condition.match } };
  reader.report(
    [...path, 'jsonpath', 'property'],
    `"${condition.property}" does not name one value of the event`,
    {
      hint: 'write a path such as $.data.test.teststrategy',
    },
  );
  return undefined;
}

/** A pattern that backtracks without end would stop the worker: repeated groups that repeat inside are refused. */
const NESTED_REPEAT = /\([^)]*[+*}][^)]*\)[+*{]/;
const MAX_PATTERN = 300;

function eventPattern(name: string): RegExp | string {
  if (name === '') return 'the event has no name';
  if (name.length > MAX_PATTERN || NESTED_REPEAT.test(name))
    return `the pattern "${name.slice(0, 40)}" is too complex`;
  try {
    return new RegExp(name);
  } catch (error) {
    return `"${name}" is no regular expression: ${error instanceof Error ? error.message : String(error)}`;
  }
}
