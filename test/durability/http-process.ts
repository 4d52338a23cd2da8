// An HTTP server to be killed. Prints `ready`, waits for one line of JSON, then serves until it is killed.
//   node http-process.ts '{"address": …, "taskQueue": …, "storeUrl": …, "gitDirectory": …, "port": …, "directory": …}'
import { AsyncLocalStorage } from 'node:async_hooks';
import { createInterface } from 'node:readline';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { GitConfigRepo } from '../../src/activities/config/git-config-repo.ts';
import { createRuns } from '../../src/client/engine.ts';
import { createServer } from '../../src/server/create-server.ts';
import { serverRuns } from '../../src/server/temporal-runs.ts';
import { openStore } from '../../src/store/open-store.ts';

/** What the program is told when it starts. */
export interface HttpProcessOptions {
  address: string;
  taskQueue: string;
  storeUrl: string;
  gitDirectory: string;
  port: number;
  directory: string;
}

/** The line that lets it listen. */
export interface HttpOrder {
  /** Dies by its own hand right after so many calls of store and engine in requests that change something; 0: never. */
  dieAfter: number;
}

const options = JSON.parse(process.argv[2] ?? '') as HttpProcessOptions;
const changing = new AsyncLocalStorage<true>();
const logger = pino({ level: 'silent' });
const connection = await Connection.connect({ address: options.address });
const store = mortal(await openStore({ url: options.storeUrl, connections: 2 }));
const config = new GitConfigRepo({ directory: options.gitDirectory });
const temporalClient = new Client({ connection });
const runs = createRuns({ temporalClient, store, config, logger, taskQueue: options.taskQueue });
const server = createServer({ store, config, runs: mortal(serverRuns(runs)), logger });
server.addHook('preHandler', (request, _reply, done) => {
  if (request.method === 'POST') changing.run(true, done);
  else done();
});
await server.ready();
process.stdin.on('end', () => process.exit(1)); // the test is gone
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
process.stdout.write('ready\n');
const order = JSON.parse(String((await lines.next()).value)) as HttpOrder;
let calls = 0;
await server.listen({ host: '127.0.0.1', port: options.port });

/** The same part, which takes the process with it after the ordered number of calls. */
function mortal<Part extends object>(part: Part): Part {
  return new Proxy(part, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        const answer: unknown = Reflect.apply(member, target, args);
        return answer instanceof Promise ? answer.finally(count) : answer;
      };
    },
  });
}

function count(): void {
  if (changing.getStore() !== true) return;
  calls += 1;
  if (calls === order.dieAfter) process.kill(process.pid, 'SIGKILL');
}
