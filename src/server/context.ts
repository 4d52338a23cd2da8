import type { Logger } from 'pino';
import type { ConfigRepo } from '../activities/config/config-repo.ts';
import type { Store } from '../store/store.ts';
import type { EventDesk } from './event-desk.ts';
import type { Runs } from './runs.ts';

/** What every route works with. */
export interface ServerContext {
  store: Store;
  config: ConfigRepo;
  runs: Runs;
  desk: EventDesk;
  logger: Logger;
  now: () => Date;
  /** When this server started: integrations could not ping before. */
  startedAt: number;
  metadata: {
    keptnVersion: string;
    namespace: string;
    automaticProvisioning: boolean;
    webUi: string | undefined;
  };
  limits: {
    /** Bytes of an event, default 1 MB. */
    eventBytes: number;
    /** Bytes of a request that stores files, default 7 MB: 5 MB of content in base64. */
    resourceBytes: number;
  };
}
