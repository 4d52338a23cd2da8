/** What one check found. */
export interface Finding {
  /** What was looked at, for example `Node`. */
  check: string;
  status: 'ok' | 'warning' | 'error';
  detail: string;
  /** What to do, when it is not ok. */
  hint?: string;
}

/** A finding that needs no action. */
export function ok(check: string, detail: string): Finding {
  return { check, status: 'ok', detail };
}

/** Something that some users can live with. */
export function warning(check: string, detail: string, hint: string): Finding {
  return { check, status: 'warning', detail, hint };
}

/** Something that keeps Slipway from working. */
export function failed(check: string, detail: string, hint: string): Finding {
  return { check, status: 'error', detail, hint };
}

/** Message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
