import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseYaml } from '../../../src/files/yaml/parse.ts';

const parse = (text: string) => parseYaml(text, { file: 'a.yaml' });

describe('the YAML reader', () => {
  it('places every path on its line and column, also with CRLF and a byte order mark', () => {
    const document = parse('\uFEFFa:\r\n  - b: 1\r\n    c: "two"\r\n  - ~\r\n');
    assert.deepEqual(document.value, { a: [{ b: 1, c: 'two' }, null] });
    assert.deepEqual(document.locate(['a', 0, 'c']), { line: 3, column: 8 });
    assert.deepEqual(document.locate(['a', 1]), { line: 4, column: 5 });
    assert.deepEqual(document.locate(['a', 0, 'absent', 'deeper']), { line: 2, column: 5 });
  });

  it('keeps the text of scalars that look like numbers', () => {
    const document = parse('spec_version: 1.0\nversion: "0.2"\nlist: [1]');
    assert.equal(document.scalarText(['spec_version']), '1.0');
    assert.equal(document.scalarText(['version']), '0.2');
    assert.equal(document.scalarText(['list']), undefined);
  });

  it('reads plain scalars as Go yaml.v3 does', () => {
    const text =
      'a: yes\nb: True\nc: 0x1F\nd: 017\ne: 1_000\nf: 08\ng: .5\nh: -.inf\ni: 2020-01-02\nj: +7\nk: 1e3';
    assert.deepEqual(parse(text).value, {
      a: 'yes',
      b: true,
      c: 31,
      d: 15,
      e: 1000,
      f: 8,
      g: 0.5,
      h: Number.NEGATIVE_INFINITY,
      i: '2020-01-02',
      j: 7,
      k: 1000,
    });
  });

  it('gives a block at the end of a text without a line break none, as Go does', () => {
    for (const [text, value] of [
      ['a: |\n  x', 'x'],
      ['a: |\n  x\n', 'x\n'],
      ['a: >\n  x\n  y', 'x y'],
      ['a: |+\n  x', 'x'],
      ['a: |+\n  x\n\n', 'x\n\n'],
      ['a: |-\n  x', 'x'],
      ['a: |\n  x\n  ', 'x\n'],
      ['a: |\n  x\n---\nb: x', 'x\n'],
    ] as const)
      assert.deepEqual(parse(text).value, { a: value }, JSON.stringify(text));
    assert.deepEqual(parse('a: |\n  x\nb: x').value, { a: 'x\n', b: 'x' });
  });

  it('makes hostile keys own properties without touching the prototype', () => {
    const value = parse('__proto__: {polluted: true}\nconstructor: 1').value as Record<string, unknown>;
    assert.deepEqual(Object.keys(value), ['__proto__', 'constructor']);
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
  });

  it('reports duplicate keys, unknown anchors, tabs and broken syntax with their place', () => {
    const [duplicate] = parse('a: 1\nb: 2\na: 3').problems;
    assert.deepEqual([duplicate?.line, duplicate?.column, duplicate?.path], [3, 1, 'a']);
    assert.match(parse('a: *nowhere').problems[0]?.message ?? '', /names no anchor/);
    assert.equal(parse('a:\n\tb: 1').problems[0]?.severity, 'error');
    assert.equal(parse('a: [1, 2').problems.length, 1);
    assert.equal(parse('a: "x').problems.length, 1);
  });

  it('names a character that only looks like a space, where it stands', () => {
    const problem = (text: string) => {
      const [{ line, column, message } = { line: 0, column: 0, message: '' }] = parse(text).problems;
      return `${line}:${column} ${message}`;
    };
    assert.match(problem('a:\n  -\u00A0b: 1\n    c: 2\n'), /^2:4 not valid YAML: U\+00A0 stands here/);
    assert.match(problem('a: 1\r\n\u200B\r\nb: [\r\n'), /^2:1 not valid YAML: U\+200B stands here/);
    assert.match(problem('a: |\n \u00A0x\nb: 1\nc: 2\nd: 3\ne: [\n'), /^\d+:\d+ not valid YAML: (?!U\+)/);
    assert.deepEqual(parse('a: x\u00A0y\n').problems, []);
  });

  it('takes brackets and quotes that close further left than their key, as Go does, and keeps every place', () => {
    const document = parse(`tasks:
  - name: helm
    args: [ "upgrade", # first
      "--install", {a: 1,
    b: 2},
"--wait"
    ]
    text: "one
two
  three"
    after: x
`);
    assert.deepEqual(document.problems, []);
    assert.deepEqual(document.value, {
      tasks: [
        {
          name: 'helm',
          args: ['upgrade', '--install', { a: 1, b: 2 }, '--wait'],
          text: 'one two three',
          after: 'x',
        },
      ],
    });
    const place = (...path: (string | number)[]) => {
      const { line, column } = document.locate(['tasks', 0, ...path]);
      return `${line}:${column}`;
    };
    assert.deepEqual(
      [place('args', 0), place('args', 2, 'b'), place('args', 3), place('text'), place('after')],
      ['3:13', '5:8', '6:1', '8:11', '11:12'],
    );
  });

  it('says where a bracket or quote may be open, and soon for any text', () => {
    const [open] = parse('a:\n  b: [1,\n  c: 2\n  d: 3\n').problems;
    assert.deepEqual([open?.line, open?.column], [3, 3]);
    const [quote] = parse('a:\n  b: "x\n  c: 2\n').problems;
    assert.deepEqual([quote?.line, quote?.column], [3, 3]);
    const started = performance.now();
    assert.equal(parse(`a: [\n${'x,\n'.repeat(50_000)}`).problems.length, 1);
    assert.ok(performance.now() - started < 20_000);
  });

  it('names a file that Windows saved as UTF-16', () => {
    const bytes = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('a: 1', 'utf16le')]);
    assert.match(parse(bytes.toString('utf8')).problems[0]?.message ?? '', /probably UTF-16/);
  });

  it('applies merge keys without overriding own keys', () => {
    const document = parse('base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3');
    assert.deepEqual((document.value as { use: unknown }).use, { y: 3, x: 1 });
  });

  it('stops alias bombs, self-references, deep nesting and huge files with a problem', () => {
    let bomb = 'a0: &a0 [x,x,x,x,x,x,x,x,x]\n';
    for (let level = 1; level < 9; level++)
      bomb += `a${level}: &a${level} [${`*a${level - 1},`.repeat(9)}]\n`;
    assert.match(parse(bomb).problems[0]?.message ?? '', /aliases expand/);
    assert.match(parse('a: &a [*a]').problems[0]?.message ?? '', /contains itself/);
    assert.equal(parse('['.repeat(5000)).problems.length, 1);
    assert.match(parse('x'.repeat(6_000_000)).problems[0]?.message ?? '', /more than/);
  });

  it('reads the first of several documents and ignores errors behind it, as Keptn did', () => {
    assert.deepEqual(parse('a: 1\n---\nb: 2').value, { a: 1 });
    const spoilt = parse('---\na: 1\n---\n[broken');
    assert.deepEqual(spoilt.value, { a: 1 });
    assert.deepEqual(spoilt.problems, []);
  });

  it('tells a text without a document from a null document', () => {
    assert.equal(parse('# only a comment\n').root, undefined);
    assert.equal(parse('').value, undefined);
    assert.equal(parse('---\n').value, null);
  });

  it('never throws, whatever the text', () => {
    const pieces = fc.constantFrom(
      'a',
      ': ',
      '- ',
      '\n',
      '  ',
      '\t',
      '"',
      "'",
      '[',
      ']',
      '{',
      '}',
      '&x ',
      '*x',
      '|',
      '>',
      '#',
      '---\n',
      '!!int ',
      '<<',
      ',',
      '~',
      '1',
      '\r',
      '\0',
      '\uFEFF',
      '%YAML 9\n',
      '? ',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
        const document = parse(parts.join(''));
        for (const problem of document.problems) assert.ok(problem.line >= 1 && problem.column >= 1);
      }),
      { numRuns: 2000 },
    );
  });
});
