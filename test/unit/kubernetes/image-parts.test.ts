import { strict as assert } from 'node:assert';
import { withImageParts } from '../../../src/activities/platform/helm/image-parts.ts';
import { mergeValues } from '../../../src/activities/platform/helm/merge-values.ts';
import type { JsonObject } from '../../../src/contracts/json.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

function merged(current: JsonObject, image: string): unknown {
  const values = { replicaCount: 2, image: current };
  return mergeValues(values, withImageParts(values, { image })).image;
}

describe("a delivery's image in a chart whose image is an object", () => {
  const created = { repository: 'nginx', pullPolicy: 'IfNotPresent', tag: '' };

  it('goes into repository and tag, and the rest stays', () => {
    assert.deepEqual(merged(created, 'docker.io/keptnexamples/carts:0.12.1'), {
      repository: 'docker.io/keptnexamples/carts',
      pullPolicy: 'IfNotPresent',
      tag: '0.12.1',
    });
    assert.deepEqual(merged({ name: 'x', tag: '1' }, 'carts:1.10'), { name: 'carts', tag: '1.10' });
  });

  it('may have a port in its registry, and no tag', () => {
    assert.deepEqual(merged(created, 'localhost:5000/carts'), {
      ...created,
      repository: 'localhost:5000/carts',
      tag: 'latest',
    });
  });

  it('goes into registry, repository, tag and digest of charts that have these', () => {
    const bitnami = { registry: 'docker.io', repository: 'bitnami/nginx', tag: '1.25', digest: '' };
    assert.deepEqual(merged(bitnami, 'registry.example.com:5000/shop/carts:1.10'), {
      registry: 'registry.example.com:5000',
      repository: 'shop/carts',
      tag: '1.10',
      digest: '',
    });
    assert.deepEqual(merged(bitnami, `shop/carts@${DIGEST}`), {
      registry: 'docker.io',
      repository: 'shop/carts',
      tag: '',
      digest: DIGEST,
    });
  });

  it('keeps a digest in templates that write <repository>:<tag>', () => {
    const { repository, tag } = merged(created, `example.com/carts:1@${DIGEST}`) as typeof created;
    assert.equal(`${repository}:${tag}`, `example.com/carts@${DIGEST}`);
  });

  it('is as it was in helm-service where the chart has a text, nothing, or an object of another kind', () => {
    for (const image of ['carts:1', null, { file: 'x' }, ['carts:1']]) {
      const change = { image: 'carts:2', other: 1 };
      assert.deepEqual(withImageParts({ image }, change), change);
    }
    const parts = { image: { tag: '2' } };
    assert.deepEqual(withImageParts({ image: created }, parts), parts);
  });
});
