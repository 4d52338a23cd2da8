import {
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  log,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import { endWarmUpdate, warmStatusQuery } from '../contracts/messages.ts';
import type { KeepWarmInput, WarmDecision, WarmStatus } from '../contracts/workflows.ts';
import { formatDuration } from '../sequence/duration.ts';
import { rollout } from './activity-proxies.ts';
import { plainMessage } from './failures.ts';
import { backToPrimary, promoteCanary, usersOf } from './tasks/sides.ts';
import { scopeOf } from './tasks/task.ts';

/** A promotion that failed is tried again after this time, then after twice as long each time. */
const FIRST_RETRY_MS = 60_000;
const LONGEST_RETRY_MS = 3_600_000;

/**
 * Owns the two sides of a service after a release with `x-keep-warm`: users are on the canary side, the old version stands
 * ready on the primary. When the time is over, or the next delivery asks for it, the primary becomes the new version as in any
 * release; a rollback gives the users back to the old version with one write of the weights.
 */
export async function keepWarm(input: KeepWarmInput): Promise<WarmStatus> {
  const release = new WarmRelease(input);
  setHandler(endWarmUpdate, ({ decision }) => release.end(decision), {
    description: 'make the new version the primary, or go back to the old one; answers when it is done',
  });
  setHandler(warmStatusQuery, () => release.status(), { description: 'what is kept, and until when' });
  release.show();
  try {
    await release.untilEnded();
  } catch (error) {
    if (!isCancellation(error)) throw error;
    // Whoever cancels it wants the old version gone, not the users left on the canary side for ever.
    await CancellationScope.nonCancellable(() => release.end('promote'));
  }
  await condition(allHandlersFinished);
  return release.status();
}

class WarmRelease {
  readonly #input: KeepWarmInput;
  readonly #until: string;
  #state: WarmStatus['state'] = 'warm';
  #problem: string | undefined;
  /** Decisions are carried out one after the other; the first that succeeds is the last. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(input: KeepWarmInput) {
    this.#input = input;
    this.#until = new Date(Date.now() + input.keepMs).toISOString();
  }

  async untilEnded(): Promise<void> {
    let waitMs = this.#input.keepMs;
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)) {
      const summary = `keep the old version warm for ${formatDuration(waitMs)}`;
      if (await condition(() => this.#state !== 'warm', waitMs, { summary })) return;
      try {
        await this.end('promote');
        return;
      } catch (error) {
        if (isCancellation(error)) throw error;
        log.error('the release could not be completed; it is tried again', { error: plainMessage(error) });
        waitMs = retryMs;
      }
    }
  }

  /** Carries the decision out unless another one came first; answers how it ended. Users stay where they are when it fails. */
  end(decision: WarmDecision): Promise<WarmStatus> {
    const turn = this.#turn.then(async () => {
      if (this.#state === 'warm') await this.#carryOut(decision);
      return this.status();
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  status(): WarmStatus {
    const { project, stage, service, keptnContext } = this.#input;
    const problem = this.#problem === undefined ? {} : { problem: this.#problem };
    return { project, stage, service, keptnContext, state: this.#state, until: this.#until, ...problem };
  }

  show(): void {
    const { project, stage, service } = this.#input;
    const text = {
      warm: `the old version is kept until ${this.#until}; \`slipway rollback --project ${project} --stage ${stage} --service ${service}\` goes back to it`,
      promoted: 'the new version is the primary; the old one is gone',
      rolledBack: 'users are on the old version again; the new one is gone',
    }[this.#state];
    setCurrentDetails([text, this.#problem ?? ''].filter(Boolean).join('\n\n'));
  }

  async #promote(): Promise<'promoted' | 'rolledBack'> {
    if ((await usersOf(this.#input)).onCanary === 0) {
      // Somebody has put the weights back by hand, or removed the service: the new version must not come back.
      await rollout('stop the canary').retire({ ...scopeOf(this.#input), side: 'canary' });
      return 'rolledBack';
    }
    await promoteCanary(this.#input, this.#input.releaseId);
    await backToPrimary(this.#input);
    return 'promoted';
  }

  async #goBack(): Promise<'rolledBack'> {
    await backToPrimary(this.#input);
    return 'rolledBack';
  }

  async #carryOut(decision: WarmDecision): Promise<void> {
    try {
      this.#state = decision === 'promote' ? await this.#promote() : await this.#goBack();
      this.#problem = undefined;
    } catch (error) {
      if (isCancellation(error)) throw error;
      this.#problem = plainMessage(error);
      throw ApplicationFailure.nonRetryable(this.#problem, 'WarmReleaseError');
    } finally {
      this.show();
    }
  }
}
