import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { ToolNotFoundError, ToolSourceError } from '../../../src/embedded/tools/errors.ts';
import { fetchFile } from '../../../src/embedded/tools/fetch-file.ts';
import { resolve } from '../../../src/embedded/tools/resolve.ts';
import { findLink } from '../../../src/embedded/tools/simple-index.ts';
import type { Source, Tool } from '../../../src/embedded/tools/tool.ts';
import { compareVersions } from '../../../src/embedded/tools/version.ts';
import { readZipMember } from '../../../src/embedded/tools/zip.ts';

const script = (version: string) => `#!/bin/sh\necho "gadget version ${version}"\n`;

function writesProgram(version: string): Source {
  return {
    description: 'test source',
    origin: 'registry',
    async fetch({ into }) {
      writeFileSync(join(into, 'gadget'), script(version));
      return { program: 'gadget' };
    },
  };
}

const failing: Source = {
  description: 'closed network',
  origin: 'download',
  fetch: () => Promise.reject(new ToolSourceError('no answer within 8 s')),
};

function gadget(sources: Source[]): Tool {
  return {
    name: 'gadget',
    pinned: '2.0.0',
    minimum: '1.5.0',
    programs: ['gadget'],
    versionArgs: [],
    versionPattern: /gadget version (\d+\.\d+\.\d+)/,
    sources,
    advice: 'Install gadget.',
  };
}

describe('the program resolver', () => {
  let directory: string;
  let env: NodeJS.ProcessEnv;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'slipway-tools-'));
    mkdirSync(join(directory, 'bin'));
    env = { PATH: join(directory, 'bin'), SLIPWAY_CACHE: join(directory, 'cache') };
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  function putOnPath(version: string) {
    writeFileSync(join(directory, 'bin', 'gadget'), script(version));
    chmodSync(join(directory, 'bin', 'gadget'), 0o755);
  }

  it('takes the program on the PATH when it is new enough', async () => {
    putOnPath('1.10.0');
    const found = await resolve(gadget([failing]), { env });
    assert.deepEqual(found, { path: join(directory, 'bin', 'gadget'), version: '1.10.0', origin: 'path' });
  });

  it('fetches when the program on the PATH is too old, and finds it in the cache afterwards', async () => {
    putOnPath('1.4.9');
    const lines: string[] = [];
    const options = { env, onProgress: (line: string) => lines.push(line) };
    const first = await resolve(gadget([failing, writesProgram('2.0.0')]), options);
    assert.equal(first.origin, 'registry');
    assert.equal(first.version, '2.0.0');
    assert.ok(lines.some((line) => line.includes('closed network did not work')));
    const second = await resolve(gadget([failing]), { env });
    assert.deepEqual(second, { ...first, origin: 'cache' });
  });

  it('lists everything that was tried and what to do when no source works', async () => {
    putOnPath('1.4.9');
    await assert.rejects(resolve(gadget([failing]), { env }), (error: Error) => {
      assert.ok(error instanceof ToolNotFoundError);
      assert.match(error.message, /is version 1\.4\.9, needed is 1\.5\.0/);
      assert.match(error.message, /cache: nothing in/);
      assert.match(error.message, /closed network: no answer within 8 s/);
      assert.match(error.message, /Install gadget\./);
      return true;
    });
  });

  it('does not publish a program that cannot run', async () => {
    const broken: Source = {
      description: 'broken build',
      origin: 'registry',
      async fetch({ into }) {
        writeFileSync(join(into, 'gadget'), '#!/bin/sh\nexit 3\n');
        return { program: 'gadget' };
      },
    };
    await assert.rejects(resolve(gadget([broken]), { env }), /broken build: .* ended with 3/);
    await assert.rejects(resolve(gadget([]), { env }), /cache: nothing in/);
  });

  it('answers only what is there when it may not fetch', async () => {
    await assert.rejects(resolve(gadget([writesProgram('2.0.0')]), { env, fetch: false }), ToolNotFoundError);
  });

  it('lets its process end at once when a source needs a program that is not there', async () => {
    const module = join(import.meta.dirname, '../../../src/embedded/tools/go-source.ts');
    const program = join(directory, 'absent.ts');
    writeFileSync(
      program,
      `import { goInstall } from ${JSON.stringify(module)};
       const fetching = goInstall('example.com/x', 'v1').fetch({ into: '/tmp', platform: '', onProgress: () => undefined });
       await fetching.catch((error) => process.stdout.write(error.message));`,
    );
    const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const [output] = await once(child.stdout, 'data');
    assert.equal(String(output), 'go is not on the PATH');
    const [code] = await once(child, 'close');
    assert.equal(code, 0);
  });

  it('fetches once when two processes ask at the same time', async () => {
    const counter = join(directory, 'fetches');
    const program = join(directory, 'ask.ts');
    const module = join(import.meta.dirname, '../../../src/embedded/tools/resolve.ts');
    writeFileSync(
      program,
      `import { appendFileSync, writeFileSync } from 'node:fs';
       import { join } from 'node:path';
       import { setTimeout } from 'node:timers/promises';
       import { resolve } from ${JSON.stringify(module)};
       const source = { description: 'slow', origin: 'registry' as const, async fetch({ into }: { into: string }) {
         appendFileSync(${JSON.stringify(counter)}, 'x');
         await setTimeout(400);
         writeFileSync(join(into, 'gadget'), ${JSON.stringify(script('2.0.0'))});
         return { program: 'gadget' };
       } };
       const tool = { name: 'gadget', pinned: '2.0.0', minimum: '1.5.0', programs: ['gadget'], versionArgs: [],
         versionPattern: /version (.*)/, sources: [source], advice: '' };
       process.stdout.write((await resolve(tool)).path);`,
    );
    const ask = async () => {
      const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'] });
      let output = '';
      child.stdout.on('data', (chunk) => {
        output += chunk;
      });
      const [code] = await once(child, 'close');
      assert.equal(code, 0);
      return output;
    };
    const [one, two] = await Promise.all([ask(), ask()]);
    assert.equal(one, two);
    assert.equal(readFileSync(counter, 'utf8'), 'x');
  });
});

describe('the parts of the program resolver', () => {
  it('orders versions by number, not by text', () => {
    assert.ok(compareVersions('1.10.0', '1.9.1') > 0);
    assert.equal(compareVersions('2.42.0+ds', '2.42'), 0);
    fc.assert(
      fc.property(fc.array(fc.nat(99), { minLength: 1, maxLength: 4 }), fc.nat(3), (parts, index) => {
        const later = parts.map((part, at) => (at === index % parts.length ? part + 1 : part));
        assert.ok(compareVersions(later.join('.'), parts.join('.')) > 0);
      }),
    );
  });

  it('reads stored and deflated members of a zip archive', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.boolean(), (content, deflate) => {
        const archive = zipOf('data/scripts/gadget', Buffer.from(content), deflate);
        const read = readZipMember(archive, (name) => name.endsWith('/gadget'));
        assert.deepEqual(read, Buffer.from(content));
      }),
    );
    assert.throws(() => readZipMember(Buffer.from('no archive'), () => true), ToolSourceError);
  });

  it('finds a file on a page of links, with its own or a relative address', () => {
    const page = '<a href="../../packages/a_b-1.whl#sha256=00">a_b-1.whl</a>';
    assert.equal(findLink(page, 'a_b-1.whl'), '../../packages/a_b-1.whl');
    assert.equal(findLink(page, 'a_b-2.whl'), undefined);
  });

  it('refuses a download whose checksum differs, and reports a host that is not there', async () => {
    const server = createServer((_request, response) => response.end('other content')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`;
    const target = join(tmpdir(), `slipway-fetch-${process.pid}`);
    const options = { sha256: '00', onProgress: () => undefined };
    await assert.rejects(fetchFile(url, target, options), /has sha256 .* pinned is 00/);
    server.close();
    await once(server, 'close');
    await assert.rejects(fetchFile(url, target, options), /ECONNREFUSED|ECONNRESET/);
    rmSync(target, { force: true });
  });
});

function zipOf(name: string, content: Buffer, deflate: boolean): Buffer {
  const packed = deflate ? deflateRawSync(content) : content;
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(name.length, 26);
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(deflate ? 8 : 0, 10);
  entry.writeUInt32LE(packed.length, 20);
  entry.writeUInt16LE(name.length, 28);
  const directoryAt = local.length + name.length + packed.length;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(directoryAt, 16);
  return Buffer.concat([local, Buffer.from(name), packed, entry, Buffer.from(name), end]);
}
