import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { compareObjects } from '../../../src/activities/platform/helm/preview.ts';
import type { JsonObject } from '../../../src/contracts/json.ts';

const deployment = (image: string, more: JsonObject = {}): JsonObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'carts' },
  spec: { template: { spec: { containers: [{ name: 'carts', image, ...more }] } } },
});
const compare = (before: JsonObject[], after: JsonObject[]) =>
  compareObjects({ release: 'shop-dev-carts', step: 'deployment', before, after });

describe('the preview of a deployment', () => {
  it('names created, changed and removed objects, and the fields that change', () => {
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'carts' } };
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'old' } };
    const found = compare([deployment('carts:1'), map], [deployment('carts:2'), service]);
    const common = { release: 'shop-dev-carts', step: 'deployment' };
    assert.deepEqual(found, [
      { action: 'create', kind: 'Service', name: 'carts', ...common, fields: [] },
      {
        action: 'change',
        kind: 'Deployment',
        name: 'carts',
        ...common,
        fields: [{ path: 'spec.template.spec.containers[carts].image', before: 'carts:1', after: 'carts:2' }],
      },
      { action: 'remove', kind: 'ConfigMap', name: 'old', ...common, fields: [] },
    ]);
  });

  it('tells fields that come and go, and entries of lists by their names', () => {
    const [change] = compare(
      [
        deployment('carts:1', {
          env: [
            { name: 'A', value: '1' },
            { name: 'B', value: '2' },
          ],
        }),
      ],
      [
        deployment('carts:1', {
          env: [
            { name: 'B', value: '2' },
            { name: 'C', value: '3' },
          ],
        }),
      ],
    );
    const place = 'spec.template.spec.containers[carts].env';
    assert.deepEqual(change?.fields, [
      { path: `${place}[A].name`, before: 'A' },
      { path: `${place}[A].value`, before: '1' },
      { path: `${place}[C].name`, after: 'C' },
      { path: `${place}[C].value`, after: '3' },
    ]);
  });

  it('never tells a value of a Secret, nor one whose name says that it is secret', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Za-z0-9]{12,20}$/),
        fc.stringMatching(/^[A-Za-z0-9]{12,20}$/),
        (one, two) => {
          const secret = (value: string, data: JsonObject = {}): JsonObject => ({
            apiVersion: 'v1',
            kind: 'Secret',
            metadata: { name: 'keys' },
            data: { a: value, ...data },
            stringData: { deep: { list: [value] } },
          });
          const variable = (value: string) =>
            deployment('carts:1', {
              env: [
                { name: 'DB_PASSWORD', value },
                { name: 'API_KEY', value },
              ],
            });
          const text = JSON.stringify([
            compare([secret(one)], [secret(two, { fresh: two })]),
            compare([secret(one)], [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys' } }]),
            compare([variable(one)], [variable(two)]),
            compare([deployment('carts:1')], [variable(two)]),
          ]);
          assert.ok(!text.includes(one) && !text.includes(two), text);
        },
      ),
    );
  });

  it('stays small: long values are cut, and many fields are counted', () => {
    const many = (value: string): JsonObject => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings' },
      data: Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`key${index}`, value.repeat(500)])),
    });
    const [change] = compare([many('a')], [many('b')]);
    assert.equal(change?.fields.length, 41);
    assert.equal(change?.fields.at(-1)?.path, 'and 20 more fields');
    assert.ok((change?.fields[0]?.after?.length ?? 0) <= 201);
  });

  it('finds nothing between equal objects, in whatever order their fields stand', () => {
    const one = { kind: 'Service', metadata: { name: 'carts', labels: { a: '1', b: '2' } } };
    const two = { metadata: { labels: { b: '2', a: '1' }, name: 'carts' }, kind: 'Service' };
    assert.deepEqual(compare([one], [two]), []);
  });
});
