import type { RolloutActivities } from '../../contracts/activities.ts';
import type { Platform } from '../platform/platform.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { inActivity } from './effect-context.ts';

type WarmDependencies = Pick<ActivityDependencies, 'traffic' | 'keptWarm'> & { platform: Platform };

/** Where the users are, and the end of releases that keep their old version warm. */
export function warmActivities({
  platform,
  traffic,
  keptWarm,
}: WarmDependencies): Pick<RolloutActivities, 'users' | 'endWarm'> {
  return {
    users: (scope) =>
      inActivity(async () => {
        const running = await platform.endpoints(scope);
        const primaryReady = running?.ready.primary ?? false;
        if (running?.versions.canary === undefined) return { onCanary: 0, primaryReady };
        const seen = await traffic.observe(scope);
        // Nobody is called: the new version works as soon as it runs.
        if (seen.state === 'unrouted') return { onCanary: 100, primaryReady };
        if (running.canary === undefined) return { onCanary: 0, primaryReady };
        return { onCanary: seen.state === 'observed' ? seen.weights.canary : 100, primaryReady };
      }),
    endWarm: (request) =>
      inActivity(async ({ signal, progress }) => {
        if (keptWarm === undefined) return 'nothing';
        progress(`${request.service}: a version that is kept warm is asked to end (${request.decision})`);
        const aborted = new Promise<never>((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        });
        // What was asked for goes on in its own workflow; only the waiting can be broken off.
        return Promise.race([keptWarm.end(request), aborted]);
      }),
  };
}
