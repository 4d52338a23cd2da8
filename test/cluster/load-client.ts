import { Agent, request } from 'node:http';

/**
 * `load-client.ts <url> <host> <requests per second> <keep-alive|close>`: sends requests at a constant rate, whatever the
 * answers do, until SIGTERM; then waits for the answers and prints a LoadReport as JSON.
 */
const [url = '', host = '', rate = '150', connections = 'keep-alive'] = process.argv.slice(2);
const keepAlive = connections === 'keep-alive';
const agent = new Agent({ keepAlive, maxSockets: 500, scheduling: 'lifo' });
/** As k6 has it: a machine that has no time for anybody's pods is not a request that a release has lost. */
const ANSWER_MS = 60_000;
const interval = 1000 / Number(rate);
const failures: { at: number; what: string }[] = [];
const versions: { [version: string]: number } = {};
let sent = 0;
let open = 0;
let ending = false;

function send(): void {
  sent += 1;
  open += 1;
  let finished = false;
  const fail = (what: string): void => {
    if (finished) return;
    failures.push({ at: Date.now(), what });
    done();
  };
  const done = (): void => {
    finished = true;
    open -= 1;
  };
  const outgoing = request(url, { agent, headers: { host }, timeout: ANSWER_MS }, (response) => {
    response.on('error', (error) => fail(error.message));
    response.on('end', () => {
      if (finished) return;
      if (response.statusCode !== 200) return fail(`status ${response.statusCode}`);
      const { 'x-version': own, 'x-podtato-version': podtato } = response.headers;
      const version = String(own ?? podtato ?? 'none');
      versions[version] = (versions[version] ?? 0) + 1;
      done();
    });
    response.resume();
  });
  outgoing.on('timeout', () => outgoing.destroy(new Error('no answer within 60 s')));
  outgoing.on('error', (error) => fail(error.message));
  outgoing.end();
}

const start = performance.now();
function tick(): void {
  if (ending) return;
  const due = Math.floor((performance.now() - start) / interval);
  while (sent < due) send();
  setTimeout(tick, Math.max(1, (sent + 1) * interval - (performance.now() - start)));
}
tick();
process.stdout.write('started\n');

process.on('SIGTERM', () => {
  ending = true;
  const timer = setInterval(() => {
    if (open > 0) return;
    clearInterval(timer);
    const seconds = Math.round((performance.now() - start) / 100) / 10;
    process.stdout.write(
      `${JSON.stringify({ sent, failed: failures.length, versions, seconds, failures: failures.slice(0, 20) })}\n`,
    );
    agent.destroy();
  }, 20);
});
