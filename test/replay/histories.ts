import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import proto from '@temporalio/proto';

const { History } = proto.temporal.api.history.v1;
type History = proto.temporal.api.history.v1.IHistory;

/** Folder of the recorded histories: `<story>.<workflow>.json`, each `{workflowId, history}`. */
export const HISTORIES = fileURLToPath(new URL('histories/', import.meta.url));

/** One history as it was recorded. */
export interface RecordedHistory {
  name: string;
  workflowId: string;
  history: History;
}

/** A history as plain JSON: bytes in base64, enums by name, 64 bit numbers as text. */
export function toJson(history: History): object {
  return History.toObject(History.fromObject(history), { bytes: String, enums: String, longs: String });
}

/** All recorded histories, by file name. */
export function recordedHistories(): RecordedHistory[] {
  return readdirSync(HISTORIES)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => {
      const { workflowId, history } = JSON.parse(
        readFileSync(join(HISTORIES, file), 'utf8'),
      ) as RecordedHistory;
      return { name: file.replace(/\.json$/, ''), workflowId, history: History.fromObject(history) };
    });
}
