import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Metrics that exist only once something has gone wrong; the SDK's native part names them without prefix and suffix. */
const FAILURES = new Set(['temporal_workflow_task_execution_failed_total']);

/** Names of Slipway's, Temporal's and the process's metrics in a file of rules or a dashboard. */
export function metricNames(text: string): string[] {
  const names = text.match(/\b(?:slipway|temporal|process)_[a-z_]+(?=[{[)])/g) ?? [];
  return [...new Set([...names, ...(text.match(/\b(?:slipway|temporal)_[a-z_]+(?=, project)/g) ?? [])])];
}

/** Those of the names that no scraped text has as a series. */
export function unknownMetrics(names: readonly string[], scraped: string): string[] {
  const there = new Set(
    scraped
      .split('\n')
      .flatMap((line) => (line.startsWith('#') ? [] : [/^[a-zA-Z_:]+/.exec(line)?.[0] ?? ''])),
  );
  return names.filter((name) => !there.has(name) && !(FAILURES.has(name) && isInSdk(name)));
}

function isInSdk(name: string): boolean {
  const bare = name.replace(/^temporal_/, '').replace(/_total$/, '');
  const entry = createRequire(import.meta.url).resolve('@temporalio/core-bridge');
  const releases = join(dirname(entry), 'releases');
  return readdirSync(releases).some((platform) =>
    readFileSync(join(releases, platform, 'index.node')).includes(bare),
  );
}
