import type { UndeploymentActivities } from '../../contracts/undeployment.ts';
import type { Store } from '../../store/store.ts';
import type { Platform } from '../platform/platform.ts';
import { inActivity } from './effect-context.ts';

/** Removes what the platform runs of a deleted service, stage by stage; nothing there is no error. */
export function undeployActivity({
  platform,
  store,
}: {
  platform: Pick<Platform, 'undeploy'>;
  store: Pick<Store, 'services'>;
}): UndeploymentActivities {
  return {
    undeploy: (request) =>
      inActivity(async (context) => {
        const services = await store.services(request.project);
        if (services.some(({ name }) => name === request.service)) return 'kept';
        await platform.undeploy(request, context);
        return 'removed';
      }),
  };
}
