import assert from 'node:assert/strict';
import { objectAt } from '../../../src/activities/executors/payload.ts';
import type { SliAnswerJson } from '../../../src/contracts/activities.ts';
import { parseSlo } from '../../../src/files/slo.ts';
import { evaluateGate } from '../../../src/gate/evaluate.ts';
import { evaluationData, type ReadyEvaluation } from '../../../src/workflows/evaluation-data.ts';
import { eventOf } from '../../support/activity-world.ts';

const FILE = 'objectives: [{sli: a, pass: [{criteria: ["<5"]}]}]\ntotal_score: {pass: "90%"}\n';
const ENCODED = Buffer.from(FILE).toString('base64');
const SCOPE = { project: 'sockshop', stage: 'staging', service: 'carts' };

describe('the data of evaluation.finished', () => {
  const contentFor = (status: SliAnswerJson['status'], file = FILE) => {
    const { slo } = parseSlo(file);
    const prepared = {
      outcome: 'ready',
      slo,
      sloFileContent: ENCODED,
      previous: [],
      fetches: [],
    } as unknown as ReadyEvaluation;
    const values = [{ metric: 'a', value: 1, success: true }];
    const answer = { status, result: 'pass', message: '', start: '', end: '', values } as const;
    const verdict = evaluateGate({
      slo,
      sliResults: values,
      previousResults: [],
      getSli: { status },
      ...SCOPE,
    });
    const triggered = eventOf('sh.keptn.event.evaluation.triggered', {});
    const input = { ...SCOPE, keptnContext: 'c', gitCommitId: '', triggered };
    const data = evaluationData(input, prepared, {
      answer: { ...answer, values },
      samples: {},
      problems: [],
      verdict,
    });
    return { status: data.status, content: objectAt(data, 'evaluation').sloFileContent };
  };

  it('has slo.yaml where the gate looked at it, also when the gate could not judge', () => {
    assert.deepEqual(contentFor('succeeded'), { status: 'succeeded', content: ENCODED });
    const untold = contentFor('succeeded', FILE.replace('90%', 'all'));
    assert.deepEqual(untold, { status: 'errored', content: ENCODED });
  });

  it('has no slo.yaml when the provider failed or was aborted', () => {
    assert.deepEqual(contentFor('errored'), { status: 'errored', content: '' });
    assert.deepEqual(contentFor('aborted'), { status: 'errored', content: '' });
  });
});
