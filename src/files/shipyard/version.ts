import type { Problem } from '../problem.ts';
import type { YamlDocument } from '../yaml/parse.ts';

const MIGRATION =
  'a shipyard before 0.2.0 listed strategies per stage and is not read: set apiVersion to ' +
  '"spec.keptn.sh/0.2.3" and write each stage\'s sequences with their tasks (deployment_strategy becomes ' +
  "the deployment task's property deploymentstrategy, test_strategy the test task's teststrategy, " +
  'approval_strategy an approval task, remediation_strategy: automated a remediation sequence; later stages ' +
  'get triggeredOn: [{event: <stage before>.delivery.finished}])';

/**
 * Checks the version of a shipyard; undefined when it is read.
 *
 * Keptn 1.4.5 accepted every semantic version from 0.2 on, with or without `spec.keptn.sh/` before it, and treated
 * 0.2.0 to 0.2.3 alike.
 */
export function versionProblem(document: YamlDocument): Problem | undefined {
  const root = isMapping(document.value) ? document.value : {};
  if (root.apiVersion === undefined || root.apiVersion === null) {
    if ('stages' in root)
      return document.problem(['stages'], 'this is a shipyard of Keptn 0.1', { hint: MIGRATION });
    return document.problem([], 'apiVersion is missing', {
      hint: 'begin with apiVersion: "spec.keptn.sh/0.2.3"',
    });
  }
  const written = document.scalarText(['apiVersion']) ?? '';
  const [, major, minor = '0'] =
    /^(?:spec\.keptn\.sh\/)?v?(\d+)(?:\.(\d+)(?:\.\d+)?)?(?:[-+].*)?$/.exec(written) ?? [];
  if (major === undefined) {
    const hint = 'write spec.keptn.sh/0.2.3';
    return document.problem(['apiVersion'], `"${written}" is not a shipyard version`, { hint });
  }
  if (Number(major) > 0 || Number(minor) > 2) {
    return document.problem(['apiVersion'], `"${written}" is newer than 0.2.3 and is read as 0.2.3`, {
      severity: 'warning',
      hint: 'write spec.keptn.sh/0.2.3, the last version that Keptn v1 defined',
    });
  }
  if (Number(minor) < 2) {
    return document.problem(['apiVersion'], `"${written}" is older than 0.2.0`, { hint: MIGRATION });
  }
  return undefined;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
