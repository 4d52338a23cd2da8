import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { PlatformTerminalError } from '../../../src/activities/platform/errors.ts';
import {
  formatYaml,
  parseManifest,
  parseYamlObject,
} from '../../../src/activities/platform/helm/chart-yaml.ts';
import type { JsonObject } from '../../../src/contracts/json.ts';

describe("a chart's YAML", () => {
  it('is read as Kubernetes reads it: octal modes, YAML 1.1 booleans, no base 60, no dates', () => {
    const text =
      'mode: 0644\non: yes\noff: "no"\nport: 22:22\nday: 2024-01-01\nhex: 0x1F\nminus: -5\nzero: 0\n';
    const read = parseYamlObject(text, 'values.yaml');
    assert.equal(read.mode, 420);
    assert.equal(read.true ?? read.on, true);
    assert.equal(read.port, '22:22');
    assert.equal(read.day, '2024-01-01');
    assert.equal(read.hex, 31);
    assert.equal(read.minus, -5);
    assert.equal(read.zero, 0);
  });

  it('gives every object of a manifest, without empty documents', () => {
    const text = '---\n# Source: a.yaml\nkind: A\n---\n# nothing\n---\nkind: B\n';
    assert.deepEqual(
      parseManifest(text, 'release').map(({ kind }) => kind),
      ['A', 'B'],
    );
  });

  it('gives the objects of a List one by one, also of a List in a List', () => {
    const inner = '{apiVersion: v1, kind: List, items: [{kind: B}, {kind: C}]}';
    const text = `kind: A\n---\napiVersion: v1\nkind: List\nitems: [${inner}, {kind: D}]\n`;
    const kinds = parseManifest(text, 'release').map(({ kind }) => kind);
    assert.deepEqual(kinds, ['A', 'B', 'C', 'D']);
  });

  it('has the last value of a key that is there twice, and digits in groups, as in Helm', () => {
    const read = parseYamlObject('labels: {app: a, app: b}\nlarge: 1_000\nmode: 0_644\n', 'values.yaml');
    assert.deepEqual(read, { labels: { app: 'b' }, large: 1000, mode: 420 });
  });

  it('may close brackets and quotes below their key, in every document', () => {
    const text = 'spec:\n  args: [\n    "a",\n  ]\n  x: 1\n---\nb: {\n  c: "d\ne"\n}\n';
    assert.deepEqual(parseManifest(text, 'release'), [{ spec: { args: ['a'], x: 1 } }, { b: { c: 'd e' } }]);
  });

  it('may be nothing but comments, and has values in its first document only, as in Helm', () => {
    assert.deepEqual(parseYamlObject('# Default values for carts.\n', 'values.yaml'), {});
    assert.deepEqual(parseYamlObject('---\na: 1\n---\nb: 2\n', 'values.yaml'), { a: 1 });
  });

  it('is refused with its place', () => {
    assert.throws(
      () => parseYamlObject('a: b: c\n', 'values.yaml'),
      (error) => {
        assert.ok(error instanceof PlatformTerminalError);
        assert.match(error.message, /^values\.yaml:1:\d+: not valid YAML/);
        return true;
      },
    );
    assert.throws(() => parseYamlObject('- a\n', 'values.yaml'), /not a mapping/);
  });

  it('is refused when its aliases multiply', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 9; level += 1)
      lines.push(`a${level}: &a${level} [${`*a${level - 1},`.repeat(60)}]`);
    assert.throws(() => parseYamlObject(lines.join('\n'), 'values.yaml'), PlatformTerminalError);
  });

  it('comes back unchanged after it was written, whatever its strings look like', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'yes',
        'no',
        'on',
        'off',
        '0644',
        '12:30',
        '1e3',
        '~',
        'null',
        '0x10',
        '2024-01-01',
        '{{ x }}',
        '1_000',
        '.5',
        '+1',
        '0o7',
        'y',
        'n',
      ),
    );
    const value = fc.dictionary(
      fc.stringMatching(/^[a-z]{1,6}$/),
      fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null), fc.array(text)),
    );
    fc.assert(
      fc.property(value, (object) => {
        assert.deepEqual(
          { ...parseYamlObject(formatYaml(object as JsonObject), 'values.yaml') },
          { ...object },
        );
      }),
    );
  });
});
