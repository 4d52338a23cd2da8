import type { ZodError } from 'zod';

/** What is wrong with a request, on one line. */
export function formatIssues(error: ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join('.') || 'request'} ${message}`).join('; ');
}
