import { z } from 'zod';
import type { JsonObject } from '../contracts/json.ts';
import type { ApiHttp } from './http.ts';

/** Which evaluations to take out; every part narrows. Invalidated ones are included and say so. */
export interface HistoryFilter {
  project?: string | undefined;
  stage?: string | undefined;
  service?: string | undefined;
}

const PATH = ['slipway', 'v1', 'evaluations'];

const page = z.object({
  evaluations: z.array(z.record(z.string(), z.json())),
  nextPageKey: z.string(),
});
const imported = z.object({ stored: z.number() });

/** Stored evaluations, newest first, read page by page. */
export async function* readHistory(http: ApiHttp, filter: HistoryFilter): AsyncGenerator<JsonObject> {
  let nextPageKey = '';
  do {
    const query = { ...filter, pageSize: 100, ...(nextPageKey === '' ? {} : { nextPageKey }) };
    const answer = await http.send({ method: 'GET', path: PATH, query, answer: page });
    yield* answer.evaluations;
    nextPageKey = answer.nextPageKey;
  } while (nextPageKey !== '0');
}

/** Stores evaluations that were exported before; one whose id is there already stays as it is. Answers their number. */
export async function writeHistory(http: ApiHttp, evaluations: readonly JsonObject[]): Promise<number> {
  const answer = await http.send({ method: 'POST', path: PATH, body: { evaluations }, answer: imported });
  return answer.stored;
}
