import { strict as assert } from 'node:assert';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { Header } from 'tar';
import { PlatformTerminalError } from '../../../src/activities/platform/errors.ts';
import { valuesOf, withValues } from '../../../src/activities/platform/helm/chart.ts';
import {
  chartFromFiles,
  packChart,
  readChartArchive,
} from '../../../src/activities/platform/helm/chart-archive.ts';
import {
  formatYaml,
  parseManifest,
  parseYamlObject,
  refuseUnbounded,
} from '../../../src/activities/platform/helm/chart-yaml.ts';
import { HelmCommand } from '../../../src/activities/platform/helm/helm-command.ts';
import { mergeValues } from '../../../src/activities/platform/helm/merge-values.ts';
import { namespaceOf, releaseName } from '../../../src/activities/platform/helm/release-name.ts';
import type { Json, JsonObject } from '../../../src/contracts/json.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A packed tar with these paths, as no honest program would write it. */
function archive(...paths: string[]): Uint8Array {
  const blocks = paths.map((path) => {
    const block = Buffer.alloc(512);
    const header = new Header({ path, mode: 0o644, size: 0, type: 'File', mtime: new Date(0) });
    header.encode(block, 0);
    return block;
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

/** `&a0 [x, x, …]`, `&a1 [*a0, *a0, …]`, and so on: width to the power of depth values in a few lines. */
function bomb(depth: number, width: number): string {
  const lines = [`a0: &a0 [${Array(width).fill('x').join(', ')}]`];
  for (let level = 1; level < depth; level += 1)
    lines.push(
      `a${level}: &a${level} [${Array(width)
        .fill(`*a${level - 1}`)
        .join(', ')}]`,
    );
  return `${lines.join('\n')}\n`;
}

const nested = (levels: number): JsonObject => {
  let value: JsonObject = {};
  for (let level = 0; level < levels; level += 1) value = { a: value };
  return value;
};

describe('a hostile chart', () => {
  it('cannot name its folder so that a program takes it for something else', async () => {
    for (const folder of ['@carts', '-x', '--post-renderer=sh', '.hidden', 'a b', 'ü', 'x'.repeat(90)]) {
      const read = readChartArchive(archive(`${folder}/Chart.yaml`), 'chart.tgz');
      if (folder.startsWith('x')) await read;
      else await assert.rejects(read, /is no name of a chart/);
    }
    assert.throws(() => chartFromFiles('@carts', [['Chart.yaml', bytes('')]]), PlatformTerminalError);
  });

  it('cannot hold a path that is a file and a folder, or that no file system takes', async () => {
    await assert.rejects(readChartArchive(archive('c/a/b', 'c/a'), 'chart.tgz'), /is a file and a folder/);
    assert.throws(() => chartFromFiles('c', [['x'.repeat(256), bytes('')]]), /has too long a path/);
    const deep = `${'abcdefgh/'.repeat(120)}x`;
    assert.throws(() => chartFromFiles('c', [[deep, bytes('')]]), /has too long a path/);
  });

  it('is refused or packed again without loss, whatever its paths are', async () => {
    const part = fc.oneof(
      fc.constantFrom('..', '.', '', 'templates', '@x', '-rf', '--set=a=b', 'a\\b', '\u0000', 'C:'),
      fc.string({ minLength: 1, maxLength: 12 }),
    );
    const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(path, { minLength: 1, maxLength: 4 }), async (paths) => {
        let chart: ReturnType<typeof chartFromFiles>;
        try {
          chart = chartFromFiles(
            'carts',
            paths.map((one) => [one, bytes(one)]),
          );
        } catch (error) {
          assert.ok(error instanceof PlatformTerminalError, String(error));
          return;
        }
        const again = await readChartArchive(await packChart(chart), 'chart.tgz');
        assert.deepEqual([...again.files.keys()].sort(), [...chart.files.keys()].sort());
      }),
      { numRuns: 60 },
    );
  });

  it('cannot make a billion values of a few lines, in values.yaml or in what it renders', () => {
    const text = bomb(9, 9);
    assert.throws(() => parseYamlObject(text, 'values.yaml'), /values\.yaml has more than 200000 values/);
    assert.throws(() => parseManifest(text, 'manifest'), /manifest has more than 200000 values/);
    const chart = { folder: 'c', files: new Map([['values.yaml', bytes(text)]]) };
    assert.throws(() => withValues(chart, { image: 'x' }), PlatformTerminalError);
    assert.ok(parseYamlObject(bomb(3, 9), 'values.yaml').a2, 'a few aliases are fine');
  });

  it('may have a long values.yaml, but not an endless one', () => {
    const long = Array.from({ length: 5000 }, (_, index) => `key${index}: ${index}`).join('\n');
    assert.equal(Object.keys(parseYamlObject(long, 'values.yaml')).length, 5000);
    const endless = `list: [${'1,'.repeat(200_000)}1]`;
    assert.throws(() => parseYamlObject(endless, 'values.yaml'), /more than 200000 values/);
  });
});

describe('hostile values of an event', () => {
  it('are refused when they are nested without end', () => {
    refuseUnbounded(nested(50), 'configurationChange.values');
    for (const levels of [70, 100_000])
      assert.throws(
        () => refuseUnbounded(nested(levels), 'configurationChange.values'),
        /nested more than 60/,
      );
  });

  it('come out of values.yaml as they went in: no text becomes anything else', () => {
    const text = fc.oneof(
      fc.constantFrom(
        'yes',
        'no',
        'on',
        '0644',
        '1_000',
        '~',
        'null',
        '1e3',
        '.inf',
        '22:22',
        '2024-01-01',
        '<<',
      ),
      fc.constantFrom(
        '{{ .Values.x }}',
        '--set',
        '*a',
        '&a',
        '!!js/function',
        '- a',
        'a: b',
        '# c',
        '\u2028',
        '\t',
      ),
      fc.string({ unit: 'binary' }),
    );
    const { value } = fc.letrec<{ value: Json }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        text,
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(text, tie('value'), { maxKeys: 3, noNullPrototype: true }),
      ),
    }));
    const values = fc.dictionary(
      fc
        .oneof(text, fc.stringMatching(/^[a-z]{1,6}$/))
        .filter((key) => !['__proto__', 'constructor', 'prototype'].includes(key)),
      value,
      { maxKeys: 4, noNullPrototype: true },
    );
    fc.assert(
      fc.property(values, (change) => {
        const merged = mergeValues({ image: 'a:1' }, change as JsonObject);
        const chart = withValues({ folder: 'c', files: new Map() }, merged);
        assert.deepEqual(valuesOf(chart), merged);
        assert.deepEqual(parseYamlObject(formatYaml(merged), 'values.yaml'), merged);
      }),
      { numRuns: 300 },
    );
  });
});

describe('hostile names', () => {
  const name = fc.oneof(
    fc.string({ maxLength: 80 }),
    fc.stringMatching(/^[a-z0-9.A-Z_-]{1,80}$/),
    fc.constantFrom(
      '--kubeconfig=/etc/passwd',
      '-',
      '../x',
      'A',
      'a.b',
      'a\nb',
      'ü',
      'a;b',
      '$(x)',
      'x'.repeat(64),
    ),
  );

  it('never reach the program helm unless Kubernetes takes them as they are', async () => {
    // A program that is not there: a name that is refused never gets so far.
    const helm = new HelmCommand({ program: '/nonexistent/helm' });
    await fc.assert(
      fc.asyncProperty(name, name, name, fc.boolean(), async (project, stage, service, generated) => {
        const ref = { project, stage, service };
        const release = { name: releaseName(ref, generated), namespace: namespaceOf(ref) };
        const valid = [release.name, release.namespace].every((one) =>
          /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(one),
        );
        await assert.rejects(helm.history(release), (error: Error) => {
          assert.ok(error instanceof PlatformTerminalError);
          assert.match(error.message, valid ? /is not there/ : /is no Kubernetes name/);
          return true;
        });
      }),
    );
  });

  it('are cut so that a valid service has a valid release', () => {
    const valid = fc.stringMatching(/^[a-z][a-z0-9-]{0,80}[a-z0-9]$/);
    fc.assert(
      fc.property(valid, valid, valid, fc.boolean(), (project, stage, service, generated) => {
        const release = releaseName({ project, stage, service }, generated);
        assert.match(release, /^[a-z][a-z0-9-]{0,51}$/);
        assert.doesNotMatch(release, /-$/);
      }),
    );
  });
});
