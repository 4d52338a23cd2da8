import { strict as assert } from 'node:assert';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { create, Header } from 'tar';
import { PlatformTerminalError } from '../../../src/activities/platform/errors.ts';
import type { Chart } from '../../../src/activities/platform/helm/chart.ts';
import {
  ARCHIVE_LIMITS,
  packChart,
  readChartArchive,
} from '../../../src/activities/platform/helm/chart-archive.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const chart: Chart = {
  folder: 'carts',
  files: new Map([
    ['Chart.yaml', bytes('name: carts\nversion: 0.1.0\n')],
    ['templates/service.yaml', bytes('kind: Service\n')],
  ]),
};

/** A packed tar of raw entries, as no honest program would write it. */
function hostile(
  ...entries: { path: string; content?: string; type?: 'File' | 'CharacterDevice' }[]
): Buffer {
  const blocks = entries.flatMap(({ path, content = '', type = 'File' }) => {
    const header = new Header({
      path,
      mode: 0o644,
      size: content.length,
      type,
      mtime: new Date(0),
      uid: 0,
      gid: 0,
    });
    const block = Buffer.alloc(512);
    header.encode(block, 0);
    const body = Buffer.alloc(Math.ceil(content.length / 512) * 512);
    body.write(content);
    return [block, body];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

const refused = (archive: Uint8Array, message: RegExp, limits = ARCHIVE_LIMITS): Promise<void> =>
  assert.rejects(readChartArchive(archive, 'helm/carts.tgz', limits), (error) => {
    assert.ok(error instanceof PlatformTerminalError, String(error));
    assert.match(error.message, message);
    return true;
  });

describe('chart archives', () => {
  it('come back as they were packed', async () => {
    const read = await readChartArchive(await packChart(chart), 'helm/carts.tgz');
    assert.equal(read.folder, 'carts');
    assert.deepEqual(
      [...read.files].sort(),
      [...chart.files].map(([path, content]) => [path, Buffer.from(content)]).sort(),
    );
  });

  it('are equal bytes for equal charts, so that Git sees no change', async () => {
    const reversed: Chart = { folder: 'carts', files: new Map([...chart.files].reverse()) };
    assert.deepEqual(await packChart(chart), await packChart(reversed));
  });

  it('are read with the folder entries and the other top folder name that helm and tar write', async () => {
    const work = mkdtempSync(join(tmpdir(), 'slipway-test-'));
    try {
      mkdirSync(join(work, 'helloserver', 'templates'), { recursive: true });
      writeFileSync(join(work, 'helloserver', 'Chart.yaml'), 'name: podtatoserver\n');
      writeFileSync(join(work, 'helloserver', 'templates', 'x.yaml'), 'kind: X\n');
      await create({ cwd: work, gzip: true, file: join(work, 'chart.tgz') }, ['./helloserver']);
      const { readFileSync } = await import('node:fs');
      const read = await readChartArchive(readFileSync(join(work, 'chart.tgz')), 'chart.tgz');
      assert.equal(read.folder, 'helloserver');
      assert.deepEqual([...read.files.keys()].sort(), ['Chart.yaml', 'templates/x.yaml']);
    } finally {
      rmSync(work, { recursive: true });
    }
  });

  it('are refused when an entry would leave the folder', async () => {
    await refused(
      hostile({ path: 'carts/Chart.yaml' }, { path: 'carts/../../etc/passwd', content: 'x' }),
      /leaves the chart's folder/,
    );
    await refused(hostile({ path: '/etc/passwd', content: 'x' }), /absolute path/);
    await refused(
      hostile({ path: 'carts/Chart.yaml' }, { path: 'other/Chart.yaml' }),
      /more than one top folder/,
    );
    await refused(hostile({ path: 'Chart.yaml', content: 'name: x' }), /outside of the chart's folder/);
  });

  it('are refused when they hold links or devices', async () => {
    await refused(hostile({ path: 'carts/null', type: 'CharacterDevice' }), /only files and folders/);
    const work = mkdtempSync(join(tmpdir(), 'slipway-test-'));
    try {
      mkdirSync(join(work, 'carts'));
      symlinkSync('/etc/passwd', join(work, 'carts', 'values.yaml'));
      await create({ cwd: work, gzip: true, file: join(work, 'chart.tgz') }, ['carts/values.yaml']);
      const { readFileSync } = await import('node:fs');
      await refused(readFileSync(join(work, 'chart.tgz')), /SymbolicLink/);
    } finally {
      rmSync(work, { recursive: true });
    }
  });

  it('are refused when they are too large, unpack to too much, or have too many entries', async () => {
    const limits = { packedBytes: 50_000, unpackedBytes: 100_000, entries: 3 };
    await refused(Buffer.alloc(50_001), /more than 50000 bytes/, limits);
    await refused(gzipSync(Buffer.alloc(10_000_000)), /unpacks to more than 100000 bytes/, limits);
    const many = ['a', 'b', 'c', 'd'].map((name) => ({ path: `carts/${name}`, content: 'x' }));
    await refused(hostile(...many), /more than 3 entries/, limits);
  });

  it('are refused when they are no archive, empty, or hold a file twice', async () => {
    await refused(bytes('kind: Service'), /not a gzip archive/);
    await refused(
      gzipSync('this is no tar archive at all, whatever it may say'.repeat(40)),
      /not a tar archive|is empty/,
    );
    await refused(gzipSync(Buffer.alloc(1024)), /not a tar archive|is empty/);
    await refused(
      hostile({ path: 'carts/a', content: '1' }, { path: 'carts/a', content: '2' }),
      /there twice/,
    );
  });
});
