import type { Problem } from '../problem.ts';
import type { CheckedFile } from '../validate.ts';
import { unansweredActions, unansweredTasks } from './executors.ts';
import type { FormatName } from './formats.ts';
import { allTasks, modelsOf, warn } from './usable.ts';

/** Indicators that the Prometheus provider has queries of its own for. */
const BUILTIN_INDICATORS: ReadonlySet<string> = new Set([
  'throughput',
  'error_rate',
  'response_time_p50',
  'response_time_p90',
  'response_time_p95',
]);

/**
 * What the files of one project say about each other: indicators without a query, tasks and actions that nobody in
 * the files carries out, tasks whose file is missing. Warnings only: integrations and other levels may fill the gap.
 */
export function checkTogether(files: readonly CheckedFile[]): Problem[] {
  return [
    ...missingIndicators(files),
    ...unansweredTasks(files),
    ...missingFiles(files),
    ...unansweredActions(files),
  ];
}

function has(files: readonly CheckedFile[], format: FormatName): boolean {
  return files.some((checked) => checked.format === format);
}

function missingIndicators(files: readonly CheckedFile[]): Problem[] {
  const known = new Set(modelsOf(files, 'sli').flatMap(({ model }) => [...model.indicators.keys()]));
  const broken = files.some((checked) => checked.format === 'sli' && checked.model === undefined);
  if (broken || !has(files, 'sli')) return [];
  return modelsOf(files, 'slo').flatMap((source) =>
    (source.model.slo?.objectives ?? []).flatMap(({ sli }, index) => {
      if (known.has(sli) || BUILTIN_INDICATORS.has(sli)) return [];
      const path = ['objectives', source.model.objectivePlaces?.[index] ?? index, 'sli'];
      const there = [...known].join(', ') || 'none';
      return [
        warn(source, path, [
          `no sli.yaml here has a query for "${sli}"`,
          `add it below indicators, or correct the name; there are ${there}`,
        ]),
      ];
    }),
  );
}

/** A file that a task reads, and what happens without it. */
const NEEDED_FILES: readonly { task: string; format: FormatName; message: string; hint: string }[] = [
  {
    task: 'evaluation',
    format: 'slo',
    message: 'the shipyard has a task evaluation, and there is no slo.yaml',
    hint: 'without objectives every evaluation passes; add slo.yaml to the service',
  },
  {
    task: 'get-action',
    format: 'remediation',
    message: 'the shipyard has a task get-action, and there is no remediation.yaml',
    hint: 'without it get-action fails; add remediation.yaml to the service',
  },
];

function missingFiles(files: readonly CheckedFile[]): Problem[] {
  const tasks = allTasks(files);
  return NEEDED_FILES.flatMap(({ task, format, message, hint }) => {
    const user = tasks.find((placed) => placed.task.name === task);
    return user === undefined || has(files, format) ? [] : [warn(user.source, user.path, [message, hint])];
  });
}
