import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GitConfigRepo } from '../../src/activities/config/git-config-repo.ts';
import type { LoadTool } from '../../src/activities/load/load-tool.ts';
import type { LoadHarness } from './load.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

/** A project in Git with these files of its service, a server as target, and the tool that `make` builds on them. The target listens on `bind`. */
export async function makeLoadHarness(
  make: (config: GitConfigRepo) => LoadTool,
  files: { [uri: string]: string } = {},
  bind = '127.0.0.1',
): Promise<LoadHarness & { config: GitConfigRepo }> {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-load-'));
  const config = new GitConfigRepo({ directory });
  const service = { project: 'podtatohead', stage: 'hardening', service: 'helloservice' };
  const shipyard = bytes('spec: {stages: [{name: hardening}]}\n');
  await config.createProject(service.project, { stages: [service.stage], shipyard });
  await config.createService(service.project, service.service);
  const write = async (contents: { [uri: string]: string }) => {
    const resources = Object.entries(contents).map(([uri, text]) => ({ uri, content: bytes(text) }));
    if (resources.length > 0) await config.write(service, resources, 'test');
  };
  await write(files);
  const behaviour = { failEvery: 0, answerAfter: 0, seen: 0 };
  const server = createServer((_request, response) => {
    const fails = behaviour.failEvery > 0 && ++behaviour.seen % behaviour.failEvery === 0;
    if (behaviour.failEvery === 0) behaviour.seen++;
    setTimeout(() => response.writeHead(fails ? 500 : 200).end('hello'), behaviour.answerAfter);
  }).listen(0, bind);
  await once(server, 'listening');
  return {
    tool: make(config),
    config,
    service,
    target: `http://${bind}:${(server.address() as AddressInfo).port}/`,
    write,
    configure: (text) => write({ 'jmeter/jmeter.conf.yaml': text }),
    failEvery: (n) => {
      behaviour.failEvery = n;
      behaviour.seen = 0;
    },
    answerAfter: (milliseconds) => {
      behaviour.answerAfter = milliseconds;
    },
    seen: () => behaviour.seen,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
