import { z } from 'zod';
import { ApiError } from './errors.ts';

const DEFAULT_PAGE = 20;
const MAX_PAGE = 100;

/** `pageSize` and `nextPageKey` of a list request (Keptn 1.4.5: 20 entries, at most 100; the key is the offset). */
export interface PageRequest {
  pageSize: number;
  offset: number;
}

/** Query parameters as strings; a repeated parameter keeps its first value. */
export type Query = { [name: string]: string | undefined };

/** The query of a request with every parameter as one string. */
export function queryOf(query: unknown): Query {
  const entries = Object.entries((query ?? {}) as { [name: string]: unknown });
  return Object.fromEntries(
    entries.map(([name, value]) => [name, String(Array.isArray(value) ? value[0] : value)]),
  );
}

/** Throws ApiError 400 for a page size outside 1 to 100 or a key that is no number. */
export function pageRequest(query: Query, defaultSize = DEFAULT_PAGE): PageRequest {
  const pageSize = wholeNumber(query.pageSize, defaultSize, 'pageSize');
  const offset = wholeNumber(query.nextPageKey, 0, 'nextPageKey');
  if (pageSize < 1 || pageSize > Math.max(MAX_PAGE, defaultSize)) {
    throw new ApiError(400, `pageSize ${pageSize} is refused: ask for 1 to ${MAX_PAGE} entries`);
  }
  return { pageSize, offset };
}

/** A parameter that is a whole number, or its default. */
export function wholeNumber(text: string | undefined, fallback: number, name: string): number {
  if (text === undefined || text === '') return fallback;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new ApiError(400, `${name} must be a whole number`);
}

/** The key of the next page as a string; "0" says that there is none (a number would break Keptn's clients). */
export function nextPageKey({ pageSize, offset }: PageRequest, totalCount: number): string {
  return offset + pageSize < totalCount ? String(offset + pageSize) : '0';
}

/** The same as a number, 0 for none: Keptn 1.4.5 answered its lists of sequences so, and its Go model reads nothing else. */
export function nextOffset(page: PageRequest, totalCount: number): number {
  return Number(nextPageKey(page, totalCount));
}

/** One page of a list that is at hand. */
export function slicePage<Item>(
  items: Item[],
  page: PageRequest,
): { items: Item[]; nextPageKey: string; totalCount: number } {
  return {
    items: items.slice(page.offset, page.offset + page.pageSize),
    nextPageKey: nextPageKey(page, items.length),
    totalCount: items.length,
  };
}

const time = z.iso.datetime({ offset: true, local: true });

/** A time parameter, checked; throws ApiError 400. */
export function timeParameter(text: string | undefined, name: string): string | undefined {
  if (text === undefined || text === '') return undefined;
  if (time.safeParse(text).success) return /(?:Z|[+-]\d{2}:?\d{2})$/i.test(text) ? text : `${text}Z`;
  throw new ApiError(400, `${name} is no time: write it as 2006-01-02T15:04:05.000Z`);
}
