import type { DeploymentPreview, FieldChange, ObjectChange } from '../../contracts/preview.ts';
import { paint, renderTable } from '../output/print.ts';

const MARKS = { create: ['green', '+'], change: ['yellow', '~'], remove: ['red', '-'] } as const;

/** What deployments would change, for people: a heading and a table for each stage. */
export function renderPreviews(previews: readonly DeploymentPreview[]): string {
  return previews.map((preview) => `${heading(preview)}\n${body(preview)}`).join('\n\n');
}

function heading({ stage, service, versions }: DeploymentPreview): string {
  const { running, wanted } = versions;
  const now = running ?? 'nothing';
  const step = running === wanted ? `${now} stays` : `${wanted ?? 'unknown'} replaces ${now}`;
  return paint(
    'bold',
    `${stage}/${service}: ${wanted === undefined && running === undefined ? 'no version known' : step}`,
  );
}

function body({ executor, changes, omitted, problem }: DeploymentPreview): string {
  if (problem !== undefined) return paint('red', `the deployment would fail: ${problem}`);
  if (executor !== 'builtin')
    return `carried out by ${EXECUTORS[executor] ?? executor}: nothing is known before`;
  if (changes.length === 0) return 'no object changes';
  const table = renderTable({
    head: ['', 'object', 'field', 'now', 'then', 'when'],
    rows: changes.flatMap(rowsOf),
    empty: '',
  });
  return omitted > 0 ? `${table}\nand ${omitted} more objects` : table;
}

const EXECUTORS: { readonly [kind: string]: string } = {
  job: 'a job of job/config.yaml',
  webhook: 'a webhook',
  worker: 'a Temporal worker of yours',
  responders: 'an integration',
};

function rowsOf({ action, kind, name, step, fields }: ObjectChange): string[][] {
  const [colour, mark] = MARKS[action];
  const first = [paint(colour, mark), `${kind} ${name}`];
  const [head = { path: action === 'create' ? 'new' : 'removed' }, ...rest] = fields;
  return [[...first, ...cells(head), step], ...rest.map((field) => ['', '', ...cells(field), ''])];
}

function cells({ path, before, after }: FieldChange): string[] {
  return [path, short(before), short(after)];
}

/** A table has to fit; JSON has the whole value. */
function short(value: string | undefined): string {
  if (value === undefined) return '';
  return value.length > 60 ? `${value.slice(0, 59)}…` : value;
}
