import { findWorkload } from '../load.ts';
import type { Problem } from '../problem.ts';
import type { CheckedFile } from '../validate.ts';
import { answers, unansweredActions, unansweredTasks } from './executors.ts';
import type { FormatName } from './formats.ts';
import { invalidStrategies } from './strategies.ts';
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
    ...missingWorkloads(files),
    ...invalidStrategies(files),
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
const NEEDED_FILES: readonly {
  task: string;
  formats: readonly FormatName[];
  message: string;
  hint: string;
}[] = [
  {
    task: 'evaluation',
    formats: ['slo', 'openslo'],
    message: 'the shipyard has a task evaluation, and there is no slo.yaml',
    hint: 'without objectives every evaluation passes; add slo.yaml to the service',
  },
  {
    task: 'get-action',
    formats: ['remediation'],
    message: 'the shipyard has a task get-action, and there is no remediation.yaml',
    hint: 'without it get-action fails; add remediation.yaml to the service',
  },
];

function missingFiles(files: readonly CheckedFile[]): Problem[] {
  const tasks = allTasks(files);
  return NEEDED_FILES.flatMap(({ task, formats, message, hint }) => {
    const user = tasks.find((placed) => placed.task.name === task);
    const there = formats.some((format) => has(files, format));
    return user === undefined || there ? [] : [warn(user.source, user.path, [message, hint])];
  });
}

/** Strategies of test tasks that jmeter.conf.yaml, when it is here, does not name: the test fails. */
function missingWorkloads(files: readonly CheckedFile[]): Problem[] {
  const [load] = modelsOf(files, 'jmeter');
  if (load === undefined || has(files, 'locust') || answers(files, 'sh.keptn.event.test.triggered'))
    return [];
  return allTasks(files).flatMap(({ source, task, path }) => {
    const strategy = task.properties?.teststrategy;
    if (task.name !== 'test' || typeof strategy !== 'string' || strategy === '') return [];
    if (findWorkload(load.model, strategy) !== undefined) return [];
    const place = [...path, 'properties', 'teststrategy'];
    return [
      warn(source, place, [
        `${load.file} has no workload for the test strategy "${strategy}"`,
        'the test fails without a run; add the workload, or correct the name',
      ]),
    ];
  });
}
