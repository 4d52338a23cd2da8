import { readFileSync } from 'node:fs';
import { ToolNotFoundError } from '../../src/embedded/tools/errors.ts';
import { resolveTool } from '../../src/embedded/tools/resolve.ts';

/** The program of a real load tool, fetched into the cache once; a text says why this machine has none. */
export async function loadTool(name: 'jmeter' | 'locust'): Promise<{ path: string } | string> {
  try {
    return await resolveTool(name);
  } catch (error) {
    if (error instanceof ToolNotFoundError) return error.message;
    throw error;
  }
}

/** A JMeter plan that reads jmeter-service's properties: users that get CHECK_PATH in a loop and think before each request. */
export const LOAD_JMX = readFileSync(new URL('load.jmx', import.meta.url), 'utf8');

/** A Locust script whose users get / ten times a second. */
export const LOCUST_SCRIPT = `from locust import HttpUser, constant, task


class Visitor(HttpUser):
    wait_time = constant(0.1)

    @task
    def front_page(self):
        self.client.get("/")
`;
