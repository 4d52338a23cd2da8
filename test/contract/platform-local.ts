import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axios from 'axios';
import { GitConfigRepo } from '../../src/activities/config/git-config-repo.ts';
import { LocalPlatform } from '../../src/activities/platform/local-platform.ts';
import type { ServiceRef, Side } from '../../src/activities/platform/platform.ts';
import { LocalTraffic } from '../../src/activities/traffic/local-traffic.ts';
import { type PlatformServer, startPlatformServer } from '../../src/embedded/platform/platform-server.ts';
import { openProcessGroup, type ProcessGroup } from '../../src/embedded/processes/process-group.ts';
import type { PlatformHarness } from './platform-harness.ts';

const demo = join(import.meta.dirname, '../../demo/podtato-head');
const image = (tag: string) => ({ image: `ghcr.io/podtato-head/podtatoserver:${tag}` });
const shipyard =
  'apiVersion: spec.keptn.sh/0.2.2\nkind: Shipyard\nmetadata: {name: s}\nspec: {stages: [{name: hardening}]}\n';

/** The local platform with the demo service; `restart` does what a kill of the supervisor and its next start do. */
export interface LocalHarness extends PlatformHarness {
  stateDir: string;
  endpoint: string;
  config: GitConfigRepo;
  restart(): Promise<void>;
}

/** Starts the real local platform over a real repository with the demo service's own files. */
export async function makeLocalHarness(): Promise<LocalHarness> {
  const stateDir = mkdtempSync(join(tmpdir(), 'slipway-local-'));
  const config = new GitConfigRepo({ directory: join(stateDir, 'git') });
  const service = { project: 'podtatohead', stage: 'hardening', service: 'helloservice' };
  await addDemoService(config, service);
  let processes: ProcessGroup = await openProcessGroup(stateDir);
  let server: PlatformServer = await startPlatformServer(processes);
  const address = { endpoint: server.endpoint, token: server.token };
  return {
    platform: new LocalPlatform(address, config),
    router: new LocalTraffic(address),
    service,
    serviceWithoutChart: { ...service, service: 'empty' },
    versions: {
      first: image('v0.1.0'),
      second: image('v0.1.1'),
      slow: image('v0.1.2'),
      broken: image('v9.9.9'),
    },
    names: { first: '0.1.0', second: '0.1.1', slow: '0.1.2' },
    served: async (url) => {
      const response = await axios.get<string>(url, { timeout: 5000, proxy: false });
      return /Version <strong>v([^<]+)/.exec(response.data)?.[1] ?? 'no version';
    },
    tearDown: async (side) => killSide(stateDir, side),
    stateDir,
    endpoint: address.endpoint,
    config,
    async restart() {
      await server.stop();
      await processes.stopAll();
      processes = await openProcessGroup(stateDir);
      server = await startPlatformServer(processes, {
        port: Number(new URL(address.endpoint).port),
        token: address.token,
      });
    },
    async stop() {
      await server.stop();
      await processes.stopAll();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

async function addDemoService(config: GitConfigRepo, ref: ServiceRef): Promise<void> {
  const bytes = (text: string) => new TextEncoder().encode(text);
  await config.createProject(ref.project, { stages: [ref.stage], shipyard: bytes(shipyard) });
  await config.createService(ref.project, ref.service);
  await config.createService(ref.project, 'empty');
  const files = ['process.yaml', 'server.mjs'].map((name) => ({
    uri: `slipway/${name}`,
    content: readFileSync(join(demo, 'server', name)),
  }));
  await config.write(ref, files, 'Add the demo service');
}

function killSide(stateDir: string, side: Side): void {
  const run = join(stateDir, 'run');
  const files = readdirSync(run).filter((name) => name.includes(`.${side}.`));
  if (files.length === 0) throw new Error(`no process of the ${side} side runs`);
  for (const name of files) process.kill(-JSON.parse(readFileSync(join(run, name), 'utf8')).pid, 'SIGKILL');
}
