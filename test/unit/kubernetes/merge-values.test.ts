import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { mergeValues } from '../../../src/activities/platform/helm/merge-values.ts';
import type { JsonObject } from '../../../src/contracts/json.ts';

describe('merging configurationChange.values into a chart', () => {
  it('lets a new scalar win and keeps what is not named', () => {
    assert.deepEqual(mergeValues({ image: 'a:1', replicaCount: 2 }, { image: 'a:2' }), {
      image: 'a:2',
      replicaCount: 2,
    });
  });

  it('merges objects at every depth', () => {
    const merged = mergeValues({ a: { b: { c: 1, d: 2 } } }, { a: { b: { c: 3 }, e: 4 } });
    assert.deepEqual(merged, { a: { b: { c: 3, d: 2 }, e: 4 } });
  });

  it('replaces a list at the top and puts new items of a nested list before the old ones', () => {
    assert.deepEqual(mergeValues({ list: [1, 2] }, { list: [3] }), { list: [3] });
    assert.deepEqual(mergeValues({ a: { list: [1, 2] } }, { a: { list: [3] } }), { a: { list: [3, 1, 2] } });
  });

  it('lets another kind of value replace the old one, false and 0 included', () => {
    assert.deepEqual(mergeValues({ a: { b: 1 }, c: true, d: 5 }, { a: 'x', c: false, d: 0 }), {
      a: 'x',
      c: false,
      d: 0,
    });
  });

  it('does not reach into JavaScript objects by hostile keys', () => {
    const change = JSON.parse(
      '{"__proto__": {"polluted": true}, "constructor": {"x": 1}, "a": 1}',
    ) as JsonObject;
    assert.deepEqual(mergeValues({}, change), { a: 1 });
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });

  it('changes neither argument and is stable when repeated without lists', () => {
    const values = fc.dictionary(
      fc.stringMatching(/^[a-z]{1,5}$/),
      fc.oneof(
        fc.integer(),
        fc.string(),
        fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.integer(), { noNullPrototype: true }),
      ),
    );
    fc.assert(
      fc.property(values, values, (current, change) => {
        const before = JSON.stringify([current, change]);
        const once = mergeValues(current as JsonObject, change as JsonObject);
        assert.deepEqual(mergeValues(once, change as JsonObject), once);
        assert.equal(JSON.stringify([current, change]), before);
      }),
    );
  });
});
