import { randomUUID } from 'node:crypto';
import { sequenceWorkflowId } from '../../src/contracts/ids.ts';
import type { SequenceRequest } from '../../src/contracts/workflows.ts';
import type { SequenceDefinition, Shipyard, TaskDefinition } from '../../src/sequence/types.ts';

/** A request to run `delivery` with the given tasks in stage `dev` of project `sockshop`, service `carts`. */
export function requestFor(
  tasks: (string | TaskDefinition)[],
  options: {
    shipyard?: Shipyard;
    input?: Partial<SequenceRequest['input']>;
    request?: Partial<SequenceRequest>;
  } = {},
): SequenceRequest {
  const definitions = tasks.map((task) => (typeof task === 'string' ? { name: task } : task));
  const delivery: SequenceDefinition = { name: 'delivery', triggeredOn: [], tasks: definitions };
  const shipyard: Shipyard = options.shipyard ?? {
    apiVersion: 'spec.keptn.sh/0.2.3',
    stages: [{ name: 'dev', sequences: [delivery] }],
  };
  return {
    input: {
      project: 'sockshop',
      stage: 'dev',
      service: 'carts',
      sequence: 'delivery',
      keptnContext: randomUUID(),
      triggeredId: randomUUID(),
      gitCommitId: 'abc',
      tasks: definitions,
      triggerData: { project: 'sockshop', stage: 'dev', service: 'carts' },
      ...options.input,
    },
    shipyard,
    occurrence: 1,
    defaults: { startedMs: 600_000, finishedMs: 86_400_000 },
    ...options.request,
  };
}

/** The workflow id that the queue gives the run of a request. */
export function runIdOf({ input, occurrence }: SequenceRequest): string {
  return sequenceWorkflowId({ ...input, occurrence });
}
