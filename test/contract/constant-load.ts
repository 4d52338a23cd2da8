import { Agent, get } from 'node:http';

/** Requests over kept-alive connections, each connection sending its next one as soon as it has its answer. */
export interface ConstantLoad {
  /** Answers 200 so far, by version text. */
  readonly succeeded: Map<string, number>;
  /** What went wrong, one line per request. */
  readonly failed: string[];
  stop(): Promise<void>;
}

/** Starts `connections` clients against an address; `versionOf` reads the version out of an answer. */
export function startConstantLoad(
  address: string,
  connections: number,
  versionOf: (body: string) => string,
): ConstantLoad {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const succeeded = new Map<string, number>();
  const failed: string[] = [];
  let running = true;
  const client = async () => {
    while (running) {
      try {
        const version = versionOf(await fetchBody(address, agent));
        succeeded.set(version, (succeeded.get(version) ?? 0) + 1);
      } catch (error) {
        failed.push(String(error));
      }
    }
  };
  const clients = Promise.all(Array.from({ length: connections }, client));
  return {
    succeeded,
    failed,
    stop: async () => {
      running = false;
      await clients;
      agent.destroy();
    },
  };
}

function fetchBody(address: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(address, { agent }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.once('error', reject);
      response.once('end', () => {
        if (response.statusCode === 200 && response.complete) resolve(body);
        else reject(new Error(`status ${response.statusCode}: ${body}`));
      });
    });
    request.once('error', reject);
  });
}
