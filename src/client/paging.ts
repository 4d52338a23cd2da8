import type { z } from 'zod';
import { RefusedError } from './errors.ts';
import type { ApiHttp, HttpRequest } from './http.ts';

/** A list request of the API: pages until `nextPageKey` is empty or "0" (Keptn 1.4.5). */
export interface PagedRequest<Page> {
  path: readonly string[];
  query?: HttpRequest<unknown>['query'];
  answer: z.ZodType<Page>;
  signal?: AbortSignal | undefined;
}

/** More items than this are refused, not loaded. */
const MAX_ITEMS = 50_000;

/** All items of a list. Throws RefusedError for a list without end, else what ApiHttp.send throws. */
export async function fetchAll<Page extends { nextPageKey?: string | number | null | undefined }, Item>(
  http: ApiHttp,
  request: PagedRequest<Page>,
  itemsOf: (page: Page) => Item[],
): Promise<Item[]> {
  const items: Item[] = [];
  const seen = new Set<string>();
  for (let key = ''; ; ) {
    const query = key === '' ? { ...request.query } : { ...request.query, nextPageKey: key };
    const page = await http.send({ method: 'GET', ...request, query });
    items.push(...itemsOf(page));
    key = String(page.nextPageKey ?? '');
    if (key === '' || key === '0') return items;
    if (seen.has(key) || items.length > MAX_ITEMS) {
      throw new RefusedError(`the list ${request.path.join('/')} does not end`, 'narrow the question');
    }
    seen.add(key);
  }
}
