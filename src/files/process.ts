import { type FileReader, listField, type ParsedFile, readYamlFile, textField } from './parsed-file.ts';
import type { DocumentPath } from './problem.ts';

/** `slipway/process.yaml`, Slipway's own file: how the embedded platform runs a service as local processes. */
export interface ProcessFile {
  /** Program and arguments with placeholders such as `${TAG}`; never a shell line. */
  command: string[];
  env: { [name: string]: string };
  /** Ready when this path answers 2xx; an empty path means that the port accepts connections. */
  readiness: { path: string; timeoutSeconds: number };
  /** Where Prometheus scrapes each process. */
  metrics: { path: string };
  replicas: number;
  /** Seconds that requests in flight are given before a process is told to stop. */
  drainSeconds: number;
}

const ENVIRONMENT_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Reads `slipway/process.yaml`; defaults: readiness `/` within 30 s, metrics `/metrics`, 1 replica, 10 s to drain. */
export function parseProcess(text: string, file: string): ParsedFile<ProcessFile> {
  return readYamlFile(text, { file, unknownKeys: 'error' }, (root, reader) => {
    const model: ProcessFile = {
      command: [],
      env: Object.create(null),
      readiness: { path: '/', timeoutSeconds: 30 },
      metrics: { path: '/metrics' },
      replicas: 1,
      drainSeconds: 10,
    };
    const { decoder, fields, report } = reader;
    fields(root, [], {
      command: listField(reader, (node, path) => {
        const argument = decoder.text(node, path);
        if (typeof argument === 'string') model.command.push(argument);
      }),
      env: (node, path) => {
        decoder.entries(node, path, (name, value) => {
          const content = decoder.text(value, [...path, name]);
          if (!ENVIRONMENT_NAME.test(name)) {
            report([...path, name], `"${name}" is no name of an environment variable`);
          } else if (typeof content === 'string') model.env[name] = content;
        });
      },
      readiness: (node, path) =>
        fields(node, path, {
          path: webPath(reader, (value) => {
            model.readiness.path = value;
          }),
          timeoutSeconds: whole(reader, [1, 600], (value) => {
            model.readiness.timeoutSeconds = value;
          }),
        }),
      metrics: (node, path) =>
        fields(node, path, {
          path: webPath(reader, (value) => {
            model.metrics.path = value;
          }),
        }),
      replicas: whole(reader, [1, 20], (value) => {
        model.replicas = value;
      }),
      drainSeconds: whole(reader, [0, 600], (value) => {
        model.drainSeconds = value;
      }),
    });
    if (model.command.length === 0) {
      report([], 'command is missing: it names the program and its arguments as a list', {
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the file's own placeholders
        hint: 'for example command: ["${NODE}", server.mjs, --port, "${PORT}"]',
      });
    }
    return model;
  });
}

function webPath(reader: FileReader, set: (value: string) => void) {
  return textField(reader, (value, path) => {
    if (value === '' || value.startsWith('/')) set(value);
    else reader.report(path, `"${value}" is no path: it must begin with /`);
  });
}

function whole(
  { decoder, report }: FileReader,
  [least, most]: [number, number],
  set: (value: number) => void,
) {
  return (node: Parameters<typeof decoder.integer>[0], path: DocumentPath) => {
    const value = decoder.integer(node, path);
    if (typeof value !== 'number') return;
    if (value >= least && value <= most) set(value);
    else report(path, `${value} is out of range`, { hint: `from ${least} to ${most}` });
  };
}
