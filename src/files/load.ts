import { type FileReader, listField, type ParsedFile, readYamlFile, textField } from './parsed-file.ts';
import type { DocumentPath } from './problem.ts';

/** One workload of `jmeter/jmeter.conf.yaml`; a field that the file leaves out is zero, not the default (jmeter-service). */
export interface LoadWorkload {
  /** Lower-cased, as jmeter-service compared it. */
  teststrategy: string;
  /** Number of users at the same time. */
  vuser: number;
  /** Requests of each user. */
  loopcount: number;
  /** Milliseconds that a user waits after each answer. */
  thinktime: number;
  script: string;
  /** Share of requests that may fail, 0 to 1. */
  acceptederrorrate: number;
  /** Milliseconds that the average answer may take; 0 means any. */
  avgrtvalidation: number;
  properties: { [name: string]: string };
  /** `x-duration`, Slipway's own key: seconds after which the test ends, whatever the loop count. */
  durationSeconds?: number;
  /** `x-rate`, Slipway's own key: requests per second of all users together, at most. */
  requestsPerSecond?: number;
  /** `x-path`, Slipway's own key: what the built-in load asks for, for example `/carts/1/items`; default: the deployment's address. */
  path?: string;
}

/** `jmeter/jmeter.conf.yaml`. */
export interface LoadFile {
  specVersion: string;
  workloads: LoadWorkload[];
}

/** What jmeter-service ran for a strategy that no file configures. */
export const DEFAULT_WORKLOADS: readonly LoadWorkload[] = [
  workload('healthcheck', { vuser: 1, loopcount: 1, script: 'jmeter/basiccheck.jmx', acceptederrorrate: 0 }),
  workload('performance', { vuser: 10, loopcount: 500, script: 'jmeter/load.jmx', acceptederrorrate: 0.1 }),
  workload('functional', { vuser: 1, loopcount: 1, script: 'jmeter/load.jmx', acceptederrorrate: 0.1 }),
];

function workload(
  teststrategy: string,
  given: Pick<LoadWorkload, 'vuser' | 'loopcount' | 'script' | 'acceptederrorrate'>,
): LoadWorkload {
  return { teststrategy, thinktime: 250, avgrtvalidation: 0, properties: {}, ...given };
}

/**
 * The workload of a strategy: the file's first match, else jmeter-service's own default; undefined for a strategy that neither has.
 */
export function findWorkload(file: LoadFile | undefined, strategy: string): LoadWorkload | undefined {
  const wanted = strategy.toLowerCase();
  const named = ({ teststrategy }: LoadWorkload) => teststrategy === wanted;
  return file?.workloads.find(named) ?? DEFAULT_WORKLOADS.find(named);
}

/** Reads `jmeter/jmeter.conf.yaml`. */
export function parseLoad(text: string, file: string): ParsedFile<LoadFile> {
  return readYamlFile(text, { file }, (root, reader) => {
    const model: LoadFile = { specVersion: '', workloads: [] };
    reader.fields(root, [], {
      spec_version: textField(reader, (value) => {
        model.specVersion = value;
      }),
      workloads: listField(reader, (node, path) => {
        model.workloads.push(readWorkload(reader, node, path));
      }),
    });
    return model;
  });
}

function readWorkload(
  reader: FileReader,
  node: Parameters<FileReader['fields']>[0],
  path: DocumentPath,
): LoadWorkload {
  const model: LoadWorkload = {
    ...workload('', { vuser: 0, loopcount: 0, script: '', acceptederrorrate: 0 }),
    thinktime: 0,
  };
  const whole = (key: 'vuser' | 'loopcount' | 'thinktime' | 'avgrtvalidation') =>
    numberField(reader, 'integer', (value) => {
      model[key] = value;
    });
  reader.fields(node, path, {
    teststrategy: textField(reader, (value) => {
      model.teststrategy = value.toLowerCase();
    }),
    vuser: whole('vuser'),
    loopcount: whole('loopcount'),
    thinktime: whole('thinktime'),
    avgrtvalidation: whole('avgrtvalidation'),
    script: textField(reader, (value) => {
      model.script = value;
    }),
    acceptederrorrate: numberField(reader, 'number', (value) => {
      model.acceptederrorrate = value;
    }),
    properties: (inner, place) => {
      reader.decoder.entries(inner, place, (name, value) => {
        const content = reader.decoder.text(value, [...place, name]);
        if (typeof content === 'string') model.properties[name] = content;
      });
    },
    'x-duration': textField(reader, (value, place) => {
      const seconds = readSeconds(value);
      if (seconds !== undefined) model.durationSeconds = seconds;
      else reader.report(place, `"${value}" is no duration`, { hint: 'for example 30s, 2m or 45' });
    }),
    'x-rate': numberField(reader, 'number', (value, place) => {
      if (value > 0) model.requestsPerSecond = value;
      else reader.report(place, `${value} is no rate: it must be above 0 requests per second`);
    }),
    'x-path': textField(reader, (value, place) => {
      if (value.startsWith('/')) model.path = value;
      else reader.report(place, `"${value}" is no path`, { hint: 'begin it with /' });
    }),
  });
  if (model.teststrategy === '') {
    reader.report(path, 'the workload has no teststrategy, so no test can choose it', {
      severity: 'warning',
    });
  }
  return model;
}

function numberField(
  { decoder, report }: FileReader,
  kind: 'integer' | 'number',
  set: (value: number, path: DocumentPath) => void,
) {
  return (node: Parameters<typeof decoder.text>[0], path: DocumentPath) => {
    const read = kind === 'integer' ? decoder.integer(node, path) : decoder.text(node, path);
    if (typeof read === 'symbol' || read === undefined) return; // null leaves zero; what is no number is reported
    const value = typeof read === 'string' && read.trim() === '' ? Number.NaN : Number(read);
    if (Number.isFinite(value) && value >= 0) set(value, path);
    else report(path, 'must be a number that is not negative');
  };
}

/** Seconds of `45`, `30s`, `2m` or `1h30m`; undefined for anything else. */
export function readSeconds(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) || undefined;
  const parts = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  if (parts === null) return undefined;
  const [hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  return hours * 3600 + minutes * 60 + seconds || undefined;
}
