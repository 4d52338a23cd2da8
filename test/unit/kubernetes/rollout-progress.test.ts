import { strict as assert } from 'node:assert';
import type { V1Pod } from '@kubernetes/client-node';
import {
  incomplete,
  podsMissing,
  type Workload,
} from '../../../src/activities/platform/helm/rollout-progress.ts';

const template = { spec: { containers: [{ name: 'main', image: 'carts:2' }] } };
const pod = (image: string, ready = true): V1Pod => ({
  spec: { containers: [{ name: 'main', image }] },
  status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
});

function workload(kind: string, spec: object, status: object): Workload {
  return {
    kind,
    metadata: { generation: 2 },
    spec: { replicas: 3, template, ...spec },
    status: { observedGeneration: 2, ...status },
  } as unknown as Workload;
}

describe('a rollout is complete', () => {
  it('when all replicas are updated and available, and no old one is left', () => {
    const counts = { replicas: 3, updatedReplicas: 3, availableReplicas: 3 };
    assert.equal(incomplete(workload('Deployment', {}, counts)), undefined);
    const of = (change: object) => incomplete(workload('Deployment', {}, { ...counts, ...change }));
    assert.match(of({ updatedReplicas: 1 }) ?? '', /1 of 3 replicas updated/);
    assert.match(of({ replicas: 4 }) ?? '', /1 old replicas still to end/);
    assert.match(of({ availableReplicas: 2 }) ?? '', /2 of 3 replicas available/);
    assert.match(of({ observedGeneration: 1 }) ?? '', /has not seen the change/);
  });

  it('when the pods run the images of the template and are ready', () => {
    const deployment = workload('Deployment', {}, {});
    assert.equal(podsMissing(deployment, [pod('carts:2'), pod('carts:2'), pod('carts:2')]), undefined);
    const missing = podsMissing(deployment, [pod('carts:2'), pod('carts:1'), pod('carts:2', false)]);
    assert.match(missing ?? '', /1 of 3 pods ready with main=carts:2/);
  });

  it('without pods that the user replaces himself: OnDelete, and those below the partition of a StatefulSet', () => {
    const old = [pod('carts:1'), pod('carts:1'), pod('carts:1')];
    const counts = { replicas: 3, updatedReplicas: 0, availableReplicas: 3 };
    for (const kind of ['StatefulSet', 'DaemonSet']) {
      const byHand = workload(kind, { updateStrategy: { type: 'OnDelete' } }, counts);
      assert.equal(incomplete(byHand), undefined);
      assert.equal(podsMissing(byHand, old), undefined);
    }
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 2 } };
    const staged = (updatedReplicas: number): Workload =>
      workload('StatefulSet', { updateStrategy }, { ...counts, updatedReplicas });
    assert.match(incomplete(staged(0)) ?? '', /0 of 1 replicas updated/);
    assert.equal(incomplete(staged(1)), undefined);
    assert.match(podsMissing(staged(1), old) ?? '', /0 of 1 pods ready/);
    assert.equal(podsMissing(staged(1), [...old.slice(1), pod('carts:2')]), undefined);
  });

  it('of a DaemonSet when each of its nodes has a new pod', () => {
    const nodes = { desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 };
    assert.equal(incomplete(workload('DaemonSet', {}, nodes)), undefined);
    assert.match(
      incomplete(workload('DaemonSet', {}, { ...nodes, updatedNumberScheduled: 1 })) ?? '',
      /1 of 2/,
    );
  });
});
