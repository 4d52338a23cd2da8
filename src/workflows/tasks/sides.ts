import type { UsersNow } from '../../contracts/activities.ts';
import type { QueueScope } from '../../contracts/ids.ts';
import { rollout } from '../activity-proxies.ts';
import { scopeOf } from './task.ts';

/** Writes both weights at once and returns when the data plane has been seen to apply them. */
export async function shift(scope: QueueScope, primary: number, canary: number): Promise<void> {
  const summary = `traffic: primary ${primary} %, canary ${canary} %`;
  await rollout(summary).shiftTraffic({ ...scopeOf(scope), primary, canary });
}

/** Waits until a side without weight has no request in flight. */
export async function drain(scope: QueueScope, side: 'primary' | 'canary'): Promise<void> {
  await rollout(`wait until the ${side} has no request in flight`).drain({ ...scopeOf(scope), side });
}

/** Gives the primary the canary's version while the canary serves all users; `key` makes a repetition harmless. */
export async function promoteCanary(scope: QueueScope, key: string): Promise<void> {
  await shift(scope, 0, 100);
  // Without tests in between, requests of a moment ago may still be in flight on the primary.
  await drain(scope, 'primary');
  await rollout('make the primary the new version').promote({ ...scopeOf(scope), key });
}

/** At no instant does a side without ready endpoints have weight: shift and observe, then drain, then stop. */
export async function backToPrimary(scope: QueueScope): Promise<void> {
  await freeCanary(scope);
  await rollout('stop the canary').retire({ ...scopeOf(scope), side: 'canary' });
}

/** Takes all users off the canary, so that its version may be replaced. */
export async function freeCanary(scope: QueueScope): Promise<void> {
  await shift(scope, 100, 0);
  await drain(scope, 'canary');
}

/** On which side the users are now. */
export async function usersOf(scope: QueueScope): Promise<UsersNow> {
  return rollout('look where the users are').users(scopeOf(scope));
}
