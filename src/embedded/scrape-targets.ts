import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServiceRef, Side } from '../activities/platform/platform.ts';

/** One process of a service that Prometheus scrapes. */
export interface ScrapeTarget {
  port: number;
  /** Path of the metrics, `/metrics` as a rule. */
  path: string;
  /** Undefined for a service that is deployed directly. */
  side?: Side;
}

/** Directory of the target files that Prometheus watches. */
export function targetDirectory(stateDir: string): string {
  return join(stateDir, 'prometheus', 'targets');
}

/**
 * Writes the scrape targets of a service, replacing its older ones in one step. As `configure monitoring` of prometheus-service
 * did it, a process is scraped under the job `<service>-<project>-<stage>`, and a side also under `…-canary` or `…-primary`.
 */
export async function writeTargets(
  stateDir: string,
  service: ServiceRef,
  targets: ScrapeTarget[],
): Promise<void> {
  const directory = targetDirectory(stateDir);
  await mkdir(directory, { recursive: true });
  const file = join(directory, `${service.project}.${service.stage}.${service.service}.json`);
  if (targets.length === 0) return rm(file, { force: true });
  // Written aside and moved: Prometheus reads on each change, and a half-written file is an error in its log.
  const part = `${file}.${randomUUID()}.part`;
  await writeFile(
    part,
    JSON.stringify(
      targets.flatMap((target) => groups(service, target)),
      undefined,
      2,
    ),
  );
  await rename(part, file);
}

/** Forgets all targets: nothing runs when the platform starts. */
export async function clearTargets(stateDir: string): Promise<void> {
  const directory = targetDirectory(stateDir);
  await mkdir(directory, { recursive: true });
  for (const name of await readdir(directory)) await rm(join(directory, name), { force: true });
}

function groups({ project, stage, service }: ServiceRef, target: ScrapeTarget) {
  const job = `${service}-${project}-${stage}`;
  const jobs = target.side === undefined ? [job] : [job, `${job}-${target.side}`];
  return jobs.map((name) => ({
    targets: [`127.0.0.1:${target.port}`],
    labels: { job: name, __metrics_path__: target.path },
  }));
}
