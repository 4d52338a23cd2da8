import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Json, type JsonObject, nestsDeeperThan } from '../../../src/sequence/json.ts';
import { mergeJson, mergeObjects } from '../../../src/sequence/merge.ts';

/** Older value, newer value, merged value: the table of Keptn 1.4.5. */
const KEPTN: [Json, Json, Json][] = [
  [
    { a: 'x', n: null },
    { b: 'y', n: 1 },
    { a: 'x', n: 1, b: 'y' },
  ],
  [{ a: { x: 'old', y: 'kept' } }, { a: { x: 'new' } }, { a: { x: 'new', y: 'kept' } }],
  [{ a: 1 }, 'text', 'text'],
  [{ a: 1 }, null, { a: 1 }],
  [['old'], ['new', 'old'], ['new', 'old', 'old']],
  [['old'], 'text', 'text'],
  [['old'], null, ['old']],
  ['old', 'new', 'new'],
  ['old', '', ''],
  ['old', null, ''],
  ['old', { a: 1 }, { a: 1 }],
  [1, 2, 1],
  [1, 'text', 1],
  [1, null, 1],
  [true, false, true],
  [false, { a: 1 }, false],
  [null, 'x', 'x'],
  [null, null, null],
  [{ n: 1 }, {}, { n: 1 }],
];

describe('merging payloads', () => {
  for (const [older, newer, merged] of KEPTN) {
    it(`makes ${JSON.stringify(merged)} of ${JSON.stringify(older)} and ${JSON.stringify(newer)}`, () => {
      assert.deepEqual(mergeJson(older, newer), merged);
    });
  }

  it('takes the newer number and boolean when asked to, and keeps them against null', () => {
    assert.deepEqual(mergeJson({ n: 1, b: true, k: 3 }, { n: 2, b: false, k: null }, 'newest'), {
      n: 2,
      b: false,
      k: 3,
    });
  });

  it('drops __proto__ keys and keeps keys such as constructor as plain data', () => {
    const hostile: JsonObject = JSON.parse(
      '{"__proto__": {"polluted": 1}, "a": {"__proto__": {"polluted": 1}, "constructor": "x"}}',
    );
    const merged = mergeObjects({ a: { b: 'y' } }, hostile);
    assert.deepEqual(merged, { a: { b: 'y', constructor: 'x' } });
    assert.equal(Reflect.get({}, 'polluted'), undefined);
    assert.equal(Reflect.get(merged, 'polluted'), undefined);
  });

  it('neither changes nor shares what it is given', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (a, b) => {
        const before = JSON.stringify([a, b]);
        const merged = mergeJson(a as Json, b as Json);
        for (const part of parts(merged)) {
          assert.ok(!parts(a as Json).includes(part) && !parts(b as Json).includes(part));
        }
        assert.equal(JSON.stringify([a, b]), before);
      }),
    );
  });

  it('keeps every key that one of two objects has', () => {
    const object = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.jsonValue({ maxDepth: 2 }));
    fc.assert(
      fc.property(object, object, (a, b) => {
        const merged = mergeObjects(a as JsonObject, b as JsonObject);
        assert.deepEqual(
          Object.keys(merged).sort(),
          [...new Set([...Object.keys(a), ...Object.keys(b)])].sort(),
        );
      }),
    );
  });

  it('measures nesting without recursion, so that hostile data cannot overflow the stack', () => {
    let deep: Json = 'x';
    for (let level = 0; level < 200_000; level += 1) deep = [deep];
    assert.equal(nestsDeeperThan(deep, 100), true);
    assert.equal(nestsDeeperThan({ a: [{ b: 1 }] }, 100), false);
  });
});

/** All objects and lists inside a value. */
function parts(value: Json): object[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value, ...Object.values(value).flatMap(parts)];
}
