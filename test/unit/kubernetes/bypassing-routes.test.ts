import { strict as assert } from 'node:assert';
import { bypassingRoutes } from '../../../src/activities/platform/helm/bypassing-routes.ts';
import { parseManifest } from '../../../src/activities/platform/helm/chart-yaml.ts';

const told = (kind: string, spec: string): string[] =>
  bypassingRoutes(parseManifest(`kind: ${kind}\nmetadata: {name: web}\nspec: ${spec}\n`, 'test'), 'carts');

describe("routes of the user's chart past the weights", () => {
  it('are told, whichever kind they have', () => {
    for (const [kind, spec] of [
      ['Ingress', '{rules: [{http: {paths: [{path: /, backend: {service: {name: carts}}}]}}]}'],
      ['Ingress', '{rules: [{http: {paths: [{backend: {serviceName: carts, servicePort: 80}}]}}]}'],
      ['Ingress', '{defaultBackend: {service: {name: carts}}}'],
      ['HTTPRoute', '{rules: [{backendRefs: [{name: carts, port: 80}]}]}'],
      ['Route', '{to: {kind: Service, name: carts}}'],
    ] as const) {
      assert.deepEqual(told(kind, spec).length, 1, `${kind} ${spec}`);
      assert.match(told(kind, spec)[0] ?? '', new RegExp(`^${kind} web .*let it lead to carts-primary$`));
    }
  });

  it('are not those that lead elsewhere, or to the primary already', () => {
    assert.deepEqual(told('Ingress', '{rules: [{http: {paths: [{backend: {service: {name: web}}}]}}]}'), []);
    assert.deepEqual(told('HTTPRoute', '{rules: [{backendRefs: [{name: carts-primary}]}]}'), []);
    assert.deepEqual(told('HTTPRoute', '{parentRefs: [{name: carts}]}'), []);
    assert.deepEqual(told('ConfigMap', '{backend: {name: carts}}'), []);
  });
});
