import { parseDuration } from '../sequence/duration.ts';
import type { Remediation, RemediationAction } from '../sequence/get-action.ts';
import { isJsonObject, type Json } from '../sequence/json.ts';
import { type FileReader, type ParsedFile, readYamlFile } from './parsed-file.ts';
import type { DocumentPath } from './problem.ts';
import type { YamlNode } from './yaml/node.ts';

/** The one version that Keptn 1.4.5 accepted. */
export const REMEDIATION_VERSION = 'spec.keptn.sh/0.1.4';

/** Times of a service's alerts: whole seconds, in milliseconds; an absent one is Keptn's. */
export interface AlertTimes {
  /** How long a criterion must be missed before the alert fires. */
  forMs?: number;
  /** How long it goes on firing after that: until the evaluation has looked at the service again. */
  keepFiringForMs?: number;
  /** What `$DURATION_SECONDS` in the query becomes. */
  windowMs?: number;
}

/** A parsed `remediation.yaml`. */
export interface RemediationFile {
  name: string;
  remediations: Remediation[];
  /** `spec.x-alerts`: other times for the alerts that `configure monitoring` makes. */
  alerts?: AlertTimes;
}

/**
 * Reads `remediation.yaml`. Lenient as Keptn's decoder was: `value` may be anything or missing; unknown keys only warn.
 * An unquoted `on` or `off` stays that text, so that feature toggles get the word they expect.
 */
export function parseRemediation(text: string, file: string): ParsedFile<RemediationFile> {
  return readYamlFile(text, { file }, (root, reader) => {
    const { decoder, fields, report } = reader;
    const model: RemediationFile = { name: '', remediations: [] };
    let apiVersion = '';
    fields(root, [], {
      apiVersion: (node, path) => {
        apiVersion = textOf(reader, node, path);
      },
      kind: (node, path) => {
        if (textOf(reader, node, path) !== 'Remediation') {
          report(path, 'kind should be Remediation', {
            severity: 'warning',
            hint: 'Keptn did not look at it',
          });
        }
      },
      metadata: (node, path) =>
        fields(node, path, {
          name: (name, place) => {
            model.name = textOf(reader, name, place);
          },
        }),
      spec: (node, path) =>
        fields(node, path, {
          remediations: (list, place) => {
            decoder.list(list, place, (item, at) => {
              model.remediations.push(remediation(reader, item, at));
            });
          },
          'x-alerts': (alerts, place) => {
            model.alerts = alertTimes(reader, alerts, place);
          },
        }),
    });
    if (apiVersion !== REMEDIATION_VERSION) {
      report(['apiVersion'], `apiVersion must be exactly ${REMEDIATION_VERSION}, got "${apiVersion}"`, {
        hint: `write apiVersion: ${REMEDIATION_VERSION}`,
      });
    }
    return model;
  });
}

function alertTimes(reader: FileReader, node: YamlNode, path: DocumentPath): AlertTimes {
  const times: AlertTimes = {};
  const read =
    (set: (milliseconds: number) => void, least: number) => (value: YamlNode, place: DocumentPath) => {
      const text = textOf(reader, value, place);
      const milliseconds = parseDuration(text);
      if (milliseconds !== undefined && milliseconds % 1000 === 0 && milliseconds >= least) set(milliseconds);
      else
        reader.report(place, `"${text}" is no duration in whole seconds`, {
          hint: 'write for example 30s or 5m',
        });
    };
  reader.fields(node, path, {
    keepFiringFor: read((milliseconds) => {
      times.keepFiringForMs = milliseconds;
    }, 0),
    for: read((milliseconds) => {
      times.forMs = milliseconds;
    }, 0),
    window: read((milliseconds) => {
      times.windowMs = milliseconds;
    }, 1000),
  });
  return times;
}

function remediation(reader: FileReader, node: YamlNode, path: DocumentPath): Remediation {
  const found: Remediation = { problemType: '' };
  const actions: RemediationAction[] = [];
  reader.fields(node, path, {
    problemType: (value, place) => {
      found.problemType = textOf(reader, value, place);
    },
    actionsOnOpen: (list, place) => {
      const isList = reader.decoder.list(list, place, (item, at) => {
        actions.push(action(reader, item, at));
      });
      if (isList) found.actionsOnOpen = actions;
    },
  });
  if (found.actionsOnOpen === undefined) {
    reader.report(path, 'there are no actions for this problem type: its problems are left to the others', {
      severity: 'warning',
      hint: 'add actionsOnOpen with at least one action',
    });
  } else if (actions.length === 0) {
    reader.report(path, 'there is no action for this problem type', {
      severity: 'warning',
      hint: 'add actionsOnOpen with at least one action; without one the remediation fails',
    });
  }
  return found;
}

function action(reader: FileReader, node: YamlNode, path: DocumentPath): RemediationAction {
  const found: RemediationAction = { name: '', action: '' };
  reader.fields(node, path, {
    name: (value, place) => {
      found.name = textOf(reader, value, place);
    },
    action: (value, place) => {
      found.action = textOf(reader, value, place);
    },
    description: (value, place) => {
      found.description = textOf(reader, value, place);
    },
    value: (_value, place) => {
      found.value = jsonAt(reader, place);
    },
  });
  if (found.action === '') {
    reader.report(path, 'the action has no name', { hint: 'name the executor: action: scaling' });
  }
  return found;
}

function textOf({ decoder }: FileReader, node: YamlNode, path: DocumentPath): string {
  const text = decoder.text(node, path);
  return typeof text === 'string' ? text : '';
}

/** The plain value at a path of the document; numbers that JSON cannot carry become null. */
function jsonAt({ document }: FileReader, path: DocumentPath): Json {
  let current: unknown = document.value;
  for (const segment of path) {
    if (Array.isArray(current) && typeof segment === 'number') current = current[segment];
    else if (isJsonObject(current as Json)) current = (current as { [key: string]: unknown })[segment];
    else return null;
  }
  return current === undefined ? null : (JSON.parse(JSON.stringify(current)) as Json);
}
