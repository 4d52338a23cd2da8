import type { Reactions } from '../client/reactions.ts';
import type { Store } from '../store/store.ts';

/**
 * The store, telling listeners of every event that it keeps, whoever wrote it. They are told after the event is safe and each
 * time that it is written, because a process that dies in between writes it again. What is still to be handed over (`deliver`)
 * is told when the engine writes it: an event that is taken back because the engine is away was never heard of.
 */
export function tellingStore(store: Store, reactions: Pick<Reactions, 'to'>): Store {
  return {
    ...store,
    appendEvents: async (events, options) => {
      const added = await store.appendEvents(events, options);
      if (options?.deliver === undefined) await reactions.to(events);
      return added;
    },
  };
}
