import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { rolloutActivities } from '../../src/activities/executors/rollout.ts';
import type { RolloutActivities, UsersNow } from '../../src/contracts/activities.ts';
import type { KeptnEvent } from '../../src/contracts/events.ts';
import type { Step } from '../contract/release-walk.ts';
import type { ServiceUnderTest } from './service-under-test.ts';

/** The worker's own rollout activities over the real adapters, run one by one as the workflow orders them. */
export class DeliverySteps {
  readonly #service: Pick<ServiceUnderTest, 'ref' | 'platform' | 'traffic'>;
  readonly #activities: RolloutActivities;
  readonly #retried: Error[] | undefined;

  /** With `retried`, a step that fails is repeated as the workflow's retry policy does, and the list takes the failures. */
  constructor(
    service: Pick<ServiceUnderTest, 'ref' | 'platform' | 'traffic'>,
    options: { retried?: Error[]; observeTimeoutMs?: number } = {},
  ) {
    const { retried, observeTimeoutMs } = options;
    this.#service = service;
    this.#activities = rolloutActivities({
      ...service,
      options: observeTimeoutMs === undefined ? {} : { observeTimeoutMs },
    });
    this.#retried = retried;
  }

  /** Brings the image in as canary and gives it the traffic, as Keptn did before the tests. */
  async deploy(image: string): Promise<void> {
    await this.deployOnly(image);
    await this.shift(0, 100);
    await this.drain('primary');
  }

  async deployOnly(image: string, key: string = randomUUID()): Promise<void> {
    const { project, stage, service } = this.#service.ref;
    const data = {
      project,
      stage,
      service,
      deployment: { deploymentstrategy: 'blue_green_service' },
      configurationChange: { values: { image } },
    };
    const triggered = { id: key, data } as unknown as KeptnEvent;
    await this.#run(() => this.#activities.deploy({ triggered }));
  }

  async release(): Promise<void> {
    await this.shift(0, 100);
    await this.drain('primary');
    await this.promote();
    await this.rollback();
  }

  async rollback(): Promise<void> {
    await this.shift(100, 0);
    await this.drain('canary');
    await this.retire('canary');
  }

  promote(key: string = randomUUID()): Promise<void> {
    return this.#run(() => this.#activities.promote({ ...this.#service.ref, key }));
  }

  shift(primary: number, canary: number): Promise<void> {
    return this.#run(() => this.#activities.shiftTraffic({ ...this.#service.ref, primary, canary }));
  }

  drain(side: 'primary' | 'canary'): Promise<void> {
    return this.#run(() => this.#activities.drain({ ...this.#service.ref, side }));
  }

  retire(side: 'primary' | 'canary'): Promise<void> {
    return this.#run(() => this.#activities.retire({ ...this.#service.ref, side }));
  }

  users(): Promise<UsersNow> {
    return this.#run(() => this.#activities.users(this.#service.ref));
  }

  carryOut(step: Step): Promise<void> {
    switch (step.kind) {
      case 'deploy':
        return this.deployOnly(step.image, step.key);
      case 'promote':
        return this.promote(step.key);
      case 'shift':
        return this.shift(step.primary, step.canary);
      case 'drain':
        return this.drain(step.side);
      case 'retire':
        return this.retire(step.side);
    }
  }

  async #run<T>(step: () => Promise<T>): Promise<T> {
    for (let wait = 500; ; wait = Math.min(wait * 2, 20_000)) {
      try {
        return await new MockActivityEnvironment().run(step);
      } catch (error) {
        // An ApplicationFailure is what a terminal error becomes.
        if (this.#retried === undefined || !(error instanceof Error) || error.name === 'ApplicationFailure')
          throw error;
        this.#retried.push(error);
        await delay(wait);
      }
    }
  }
}
