import { z } from 'zod';
import type { JsonObject } from '../contracts/json.ts';
import { ImportError } from './errors.ts';
import type { EvaluationQuery, EvaluationRow, Store } from './store.ts';

const PAGE = 200;

const rowSchema = z.object({
  id: z.string().min(1),
  triggeredId: z.string(),
  project: z.string().min(1),
  stage: z.string().min(1),
  service: z.string().min(1),
  keptnContext: z.string(),
  time: z.iso.datetime({ offset: true }),
  result: z.enum(['pass', 'warning', 'fail']),
  status: z.string(),
  score: z.number(),
  labels: z.record(z.string(), z.string()),
  invalidated: z.object({ reason: z.string(), time: z.iso.datetime({ offset: true }) }).optional(),
  evaluation: z.record(z.string(), z.unknown()),
});

/** Evaluations as NDJSON lines (each ends in a newline), newest first, read in pages. */
export async function* exportEvaluations(
  store: Store,
  query: Omit<EvaluationQuery, 'limit' | 'offset'> = {},
): AsyncGenerator<string> {
  for (let offset = 0; ; offset += PAGE) {
    const page = await store.evaluations({ ...query, limit: PAGE, offset });
    for (const row of page) yield `${JSON.stringify(row)}\n`;
    if (page.length < PAGE) return;
  }
}

/**
 * Stores the evaluations of NDJSON lines and answers how many lines there were; an id that is there already stays as it is.
 * Throws ImportError for a line that is none; the lines before it are stored, and importing again is safe.
 */
export async function importEvaluations(store: Store, lines: AsyncIterable<string>): Promise<number> {
  let number = 0;
  let stored = 0;
  for await (const line of lines) {
    number += 1;
    if (line.trim() === '') continue;
    await store.saveEvaluation(parseLine(line, number));
    stored += 1;
  }
  return stored;
}

function parseLine(line: string, number: number): EvaluationRow {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new ImportError(
      `Line ${number} is not JSON. Export with \`slipway\` or write one JSON object per line.`,
      { cause },
    );
  }
  const parsed = rowSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ImportError(
      `Line ${number} is no evaluation: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}. Correct the line and import again.`,
    );
  }
  const { invalidated, evaluation, ...row } = parsed.data;
  return { ...row, evaluation: evaluation as JsonObject, ...(invalidated ? { invalidated } : {}) };
}
