import { MockActivityEnvironment } from '@temporalio/testing';
import { rolloutActivities } from '../../src/activities/executors/rollout.ts';
import type { RolloutActivities } from '../../src/contracts/activities.ts';
import type { KeptnEvent } from '../../src/contracts/events.ts';
import type { ServiceUnderTest } from './service-under-test.ts';

/** The worker's own rollout activities over the real adapters, run one by one as the workflow orders them. */
export class DeliverySteps {
  readonly #service: Pick<ServiceUnderTest, 'ref' | 'platform' | 'traffic'>;
  readonly #activities: RolloutActivities;
  #runs = 0;

  constructor(service: Pick<ServiceUnderTest, 'ref' | 'platform' | 'traffic'>) {
    this.#service = service;
    this.#activities = rolloutActivities(service);
  }

  /** Brings the image in as canary and gives it the traffic, as Keptn did before the tests. */
  async deploy(image: string): Promise<void> {
    await this.deployOnly(image);
    await this.shift(0, 100);
    await this.drain('primary');
  }

  async deployOnly(image: string, key = `deploy-${++this.#runs}`): Promise<void> {
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

  promote(key = `promote-${++this.#runs}`): Promise<void> {
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

  async #run<T>(step: () => Promise<T>): Promise<T> {
    return new MockActivityEnvironment().run(step);
  }
}
