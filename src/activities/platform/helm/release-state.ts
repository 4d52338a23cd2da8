import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { EffectContext } from '../platform.ts';
import type { HelmCommand, Release, Revision } from './helm-command.ts';

/** A helm that was killed leaves its release pending; after this time nobody can still be at work on it. */
const ABANDONED_MS = 240_000;
const POLL_MS = 1000;
const GOOD = new Set(['deployed', 'superseded']);

/** What a revision's description says: which step made it, so that a repeated step finds its own work. */
export function stepDescription(step: string, idempotencyKey: string): string {
  return `slipway ${step} ${createHash('sha256').update(`${step}\0${idempotencyKey}`).digest('hex').slice(0, 20)}`;
}

/** The newest revision, when this step has made it. */
export function madeBy(revisions: readonly Revision[], description: string): Revision | undefined {
  const newest = revisions.at(-1);
  return newest?.status === 'deployed' && newest.description === description ? newest : undefined;
}

/** The revision to go back to when a step fails: the newest good one that the step has not made. */
export function before(revisions: readonly Revision[], description: string): Revision | undefined {
  return revisions.findLast((revision) => GOOD.has(revision.status) && revision.description !== description);
}

/**
 * Revisions of a release that nobody is working on. A release left pending by a helm that was killed, or lost the API server,
 * is put back to its last good revision, or removed when it never had one.
 */
export async function settledHistory(
  helm: HelmCommand,
  release: Release,
  context: EffectContext,
): Promise<Revision[]> {
  for (;;) {
    const revisions = await helm.history(release);
    const newest = revisions.at(-1);
    if (newest === undefined || !newest.status.startsWith('pending-')) return revisions;
    if (helm.hasEnded(release, newest) || Date.now() - Date.parse(newest.updated) > ABANDONED_MS) {
      const good = before(revisions, '');
      context.progress(`release ${release.name} was left ${newest.status}; putting it back`);
      if (good === undefined) await helm.uninstall(release);
      else await helm.rollback(release, good.revision);
    } else {
      context.progress(`release ${release.name} is ${newest.status}; waiting for the helm that works on it`);
      await delay(POLL_MS, undefined, { signal: context.signal });
    }
  }
}
