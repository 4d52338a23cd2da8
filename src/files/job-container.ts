import { isJsonObject, type JsonObject } from '../sequence/json.ts';
import { type FileReader, textField } from './parsed-file.ts';
import type { DocumentPath } from './problem.ts';
import type { FieldReader } from './yaml/decoder.ts';
import type { YamlNode } from './yaml/node.ts';

/** Amounts as Kubernetes writes them; what a task leaves out is not asked for. */
export interface JobResources {
  limits: { cpu?: string; memory?: string };
  requests: { cpu?: string; memory?: string };
}

/** Fields of a container's security context that job-executor-service knew; it decoded the file strictly. */
const SECURITY_FIELDS = [
  'capabilities',
  'privileged',
  'runAsUser',
  'runAsGroup',
  'runAsNonRoot',
  'readOnlyRootFilesystem',
  'allowPrivilegeEscalation',
  'procMount',
  'seccompProfile',
];

/** Reads `resources` of a task. */
export function jobResources(reader: FileReader, node: YamlNode, path: DocumentPath): JobResources {
  const found: JobResources = { limits: {}, requests: {} };
  const amounts =
    (into: { cpu?: string; memory?: string }): FieldReader =>
    (value, place) =>
      reader.fields(value, place, {
        cpu: textField(reader, (cpu) => {
          into.cpu = cpu;
        }),
        memory: textField(reader, (memory) => {
          into.memory = memory;
        }),
      });
  reader.fields(node, path, { limits: amounts(found.limits), requests: amounts(found.requests) });
  return found;
}

/** Reads `securityContext` of a task: its values are Kubernetes' own and are checked by its API server. */
export function jobSecurityContext(reader: FileReader, node: YamlNode, path: DocumentPath): JsonObject {
  const found: JsonObject = {};
  const field =
    (name: string): FieldReader =>
    (_value, place) => {
      const value = jsonAt(reader, place);
      if (value !== null) found[name] = value;
    };
  reader.fields(node, path, Object.fromEntries(SECURITY_FIELDS.map((name) => [name, field(name)])));
  return found;
}

function jsonAt({ document }: FileReader, path: DocumentPath): JsonObject[string] {
  let value: unknown = document.value;
  for (const segment of path) {
    if (typeof value !== 'object' || value === null) return null;
    value = (value as { [key: string | number]: unknown })[segment];
  }
  const copy: unknown = value === undefined ? null : JSON.parse(JSON.stringify(value));
  const holder: JsonObject = { copy: copy as JsonObject[string] };
  return isJsonObject(holder) ? (holder.copy ?? null) : null;
}
