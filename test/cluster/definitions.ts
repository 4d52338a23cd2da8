import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import type { KubernetesApi } from '../../src/activities/kubernetes/kubernetes-api.ts';
import type { Resource } from '../../src/activities/kubernetes/resources.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { run, until } from './command.ts';

const CRD: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
};
const MODULES = join(import.meta.dirname, 'tools', 'definitions');
const FILES: { readonly [module: string]: readonly string[] } = {
  'github.com/prometheus-operator/prometheus-operator': [
    'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml',
    'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml',
  ],
  'github.com/kedacore/keda/v2': ['config/crd/bases/keda.sh_scaledobjects.yaml'],
};

/** Makes the cluster know ServiceMonitor, PrometheusRule and ScaledObject, so that it checks such objects; answers how to undo it. */
export async function defineOperatorKinds(api: KubernetesApi): Promise<() => Promise<void>> {
  const made: string[] = [];
  for (const definition of await definitions()) {
    const path = { resource: CRD, name: definition.metadata.name };
    if ((await api.find(path)) !== undefined) continue;
    await api.apply(path, definition);
    made.push(definition.metadata.name);
    await until(`CRD ${definition.metadata.name} to be established`, 30, async () => {
      const { status } = await api.get<{ status?: { conditions?: { type: string; status: string }[] } }>(
        path,
      );
      return status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True');
    });
  }
  return async () => {
    for (const name of made) await api.delete({ resource: CRD, name });
  };
}

async function definitions(): Promise<(JsonObject & { metadata: { name: string } })[]> {
  const answer = await run('go', ['mod', 'download', '-json', ...Object.keys(FILES)], { cwd: MODULES });
  const downloaded = JSON.parse(`[${answer.trim().replace(/\}\s*\{/g, '},{')}]`) as {
    Path: string;
    Dir: string;
  }[];
  return downloaded
    .flatMap(({ Path, Dir }) => (FILES[Path] ?? []).map((file) => join(Dir, file)))
    .map((file) => load(readFileSync(file, 'utf8')) as JsonObject & { metadata: { name: string } });
}
