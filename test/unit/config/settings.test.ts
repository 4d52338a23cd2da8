import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findApi } from '../../../src/config/api.ts';
import { parseConfigFile } from '../../../src/config/config-file.ts';
import { devStateFile, readDevState, removeDevState, writeDevState } from '../../../src/config/dev-state.ts';
import { ConfigurationError } from '../../../src/config/errors.ts';
import { settingsFrom } from '../../../src/config/load.ts';
import { SETTINGS } from '../../../src/config/settings.ts';
import { loadTemporalAccess } from '../../../src/config/temporal.ts';

describe('settings', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'slipway-config-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const toml = (text: string) => parseConfigFile(text, 'slipway.toml');

  it('prefer the flag to the environment to the file to the default', () => {
    const file = toml('[server]\nport = 1\n');
    const env = { SLIPWAY_SERVER_PORT: '2' };
    assert.equal(settingsFrom({ serverPort: '3' }, env, file).get('serverPort'), 3);
    assert.equal(settingsFrom({}, env, file).get('serverPort'), 2);
    assert.equal(settingsFrom({}, { SLIPWAY_SERVER_PORT: '' }, file).get('serverPort'), 1);
    assert.equal(settingsFrom({}, {}, undefined).get('serverPort'), 8080);
    assert.equal(settingsFrom({}, env, file).source('serverPort'), 'environment');
  });

  it('name the source of a wrong value', () => {
    const wrong: [() => unknown, RegExp][] = [
      [
        () => settingsFrom({ serverPort: 'x' }, {}, undefined).get('serverPort'),
        /^--port is "x", which is no port/,
      ],
      [
        () => settingsFrom({}, { SLIPWAY_LOG_LEVEL: 'loud' }, undefined).get('logLevel'),
        /^SLIPWAY_LOG_LEVEL is "loud"/,
      ],
      [
        () => settingsFrom({}, {}, toml('[api]\nendpoint = "ftp://x"')).get('endpoint'),
        /^slipway.toml: api.endpoint/,
      ],
      [
        () => settingsFrom({ endpoint: 'http://u:p@x' }, {}, undefined).get('endpoint'),
        /^--endpoint is no address/,
      ],
    ];
    wrong.push(
      [
        () =>
          settingsFrom({}, { SLIPWAY_AUTOMATIC_PROVISIONING: 'no' }, undefined).get('automaticProvisioning'),
        /^SLIPWAY_AUTOMATIC_PROVISIONING is "no", which is neither true nor false/,
      ],
      [
        () => settingsFrom({}, { SLIPWAY_WEB_UI: 'javascript:alert(1)' }, undefined).get('webUi'),
        /^SLIPWAY_WEB_UI is no address of a page/,
      ],
    );
    for (const [read, message] of wrong) {
      assert.throws(read, (error) => error instanceof ConfigurationError && message.test(error.message));
    }
  });

  it('read true and false in any case', () => {
    const provisioning = (text: string) => settingsFrom({}, {}, toml(text)).get('automaticProvisioning');
    assert.equal(provisioning(''), true);
    assert.equal(provisioning('[server]\nautomatic-provisioning = "false"'), false);
    assert.equal(provisioning('[server]\nautomatic-provisioning = "True"'), true);
  });

  it('read an address to listen on', () => {
    const address = (text: string) =>
      settingsFrom({}, { SLIPWAY_METRICS_ADDRESS: text }, undefined).get('metricsAddress');
    assert.deepEqual(address(':9464'), { host: '0.0.0.0', port: 9464 });
    assert.deepEqual(address('127.0.0.1:0'), { host: '127.0.0.1', port: 0 });
    assert.deepEqual(address('[::1]:9464'), { host: '::1', port: 9464 });
    for (const wrong of ['9464', 'host:', 'host:65536', 'http://host:1', '::1:9464']) {
      assert.throws(
        () => address(wrong),
        /SLIPWAY_METRICS_ADDRESS is ".*", which is no address to listen on/,
      );
    }
    assert.equal(settingsFrom({}, {}, undefined).get('healthAddress'), undefined);
  });

  it('read endpoints as the Keptn CLI does', () => {
    const endpoint = (text: string) => settingsFrom({ endpoint: text }, {}, undefined).get('endpoint');
    assert.equal(endpoint('localhost:8080'), 'http://localhost:8080/api');
    assert.equal(endpoint('https://keptn.example/'), 'https://keptn.example/api');
    assert.equal(endpoint('https://keptn.example/prefix/api/'), 'https://keptn.example/prefix/api');
  });

  it('refuse unknown keys and wrong types in slipway.toml', () => {
    for (const text of [
      '[api]\nfoo = "x"',
      'foo = "x"',
      '[api]\nendpoint = true',
      '[[api]]\nendpoint = "x"',
      '[api',
    ]) {
      assert.throws(() => toml(text), ConfigurationError, text);
    }
  });

  it('have one key, one variable and one description each', () => {
    const all = Object.values(SETTINGS);
    assert.equal(new Set(all.map(({ key }) => key)).size, all.length);
    assert.equal(new Set(all.map(({ env }) => env)).size, all.length);
  });

  it('docs/configuration.md lists every setting, its variable and its default', async () => {
    const text = await readFile(join(import.meta.dirname, '../../../docs/configuration.md'), 'utf8');
    for (const { key, env, description, defaultText = '' } of Object.values(SETTINGS)) {
      const row = text.split('\n').find((line) => line.includes(`\`${key}\``));
      assert.ok(row !== undefined, key);
      for (const part of [`\`${env}\``, description, defaultText])
        assert.ok(row.includes(part), `${key}: ${part}`);
    }
  });

  describe('finding the API', () => {
    const dev = { endpoint: 'http://127.0.0.1:9/api', token: 'dev-token', temporal: '127.0.0.1:7' };
    const find = (env: Record<string, string>, file?: string) =>
      findApi(
        settingsFrom(
          {},
          { SLIPWAY_STATE_DIR: directory, ...env },
          file === undefined ? undefined : toml(file),
        ),
      );

    it('takes the running dev platform when nothing else is named', async () => {
      await assert.rejects(find({}), ConfigurationError);
      await writeDevState(directory, { ...dev, pid: process.pid });
      assert.deepEqual(await find({}), {
        endpoint: dev.endpoint,
        token: 'dev-token',
        from: 'the running `slipway dev`',
      });
      await removeDevState(directory);
      await assert.rejects(find({}), ConfigurationError);
    });

    it('sends a token to the endpoint of its own source only', async () => {
      await writeDevState(directory, { ...dev, pid: process.pid });
      const other = { SLIPWAY_ENDPOINT: 'https://other/api' };
      assert.equal((await find(other)).token, undefined);
      assert.equal((await find(other, '[api]\nendpoint = "https://mine"\ntoken = "t"')).token, undefined);
      assert.equal((await find({}, '[api]\nendpoint = "https://mine"\ntoken = "t"')).token, 't');
      assert.equal((await find({ ...other, SLIPWAY_TOKEN: 'x' })).token, 'x');
    });
  });

  describe('the state file of slipway dev', () => {
    const state = { endpoint: 'http://127.0.0.1:9/api', token: 't', temporal: '127.0.0.1:7' };

    it('is readable for its owner only', async () => {
      await writeDevState(directory, state);
      assert.equal((await stat(devStateFile(directory))).mode & 0o777, 0o600);
      assert.deepEqual(await readDevState(directory), state);
    });

    it('counts for nothing when its process is gone', async () => {
      await writeDevState(directory, { ...state, pid: 2 ** 22 - 3 });
      assert.equal(await readDevState(directory), undefined);
    });

    it('is refused when it is broken', async () => {
      for (const text of ['', '{', '[]', '{"endpoint":"x"}']) {
        writeFileSync(devStateFile(directory), text);
        await assert.rejects(readDevState(directory), ConfigurationError, text);
      }
    });
  });

  it('Temporal is found by TEMPORAL_*, and else at the dev platform', async () => {
    const before = process.env.TEMPORAL_ADDRESS;
    try {
      process.env.TEMPORAL_ADDRESS = 'temporal.example:7233';
      const named = await loadTemporalAccess({ fallbackAddress: '127.0.0.1:7' });
      assert.deepEqual(
        [named.connectionOptions.address, named.namespace],
        ['temporal.example:7233', 'default'],
      );
      delete process.env.TEMPORAL_ADDRESS;
      assert.equal(
        (await loadTemporalAccess({ fallbackAddress: '127.0.0.1:7' })).connectionOptions.address,
        '127.0.0.1:7',
      );
      await assert.rejects(loadTemporalAccess({ profile: 'nope' }), ConfigurationError);
    } finally {
      if (before === undefined) delete process.env.TEMPORAL_ADDRESS;
      else process.env.TEMPORAL_ADDRESS = before;
    }
  });
});
