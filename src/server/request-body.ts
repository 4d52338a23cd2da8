import type { z } from 'zod';
import { formatPath } from '../files/problem.ts';
import { ApiError } from './errors.ts';

/** Reads a body by its schema; throws ApiError 400 in Keptn's words. */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = formatPath((issue?.path ?? []).map((key) => (typeof key === 'symbol' ? String(key) : key)));
  throw new ApiError(
    400,
    `Invalid request format: ${path === '' ? '' : `${path}: `}${issue?.message ?? 'not understood'}`,
  );
}
