import assert from 'node:assert/strict';
import { objectAt } from '../../../src/activities/executors/payload.ts';
import type { SliAnswerJson } from '../../../src/contracts/activities.ts';
import type { JsonObject } from '../../../src/contracts/json.ts';
import { parseSlo } from '../../../src/files/slo.ts';
import { evaluateGate } from '../../../src/gate/evaluate.ts';
import { evaluationData, type ReadyEvaluation, sloOf } from '../../../src/workflows/evaluation-data.ts';
import { eventOf } from '../../support/activity-world.ts';

const FILE = 'objectives: [{sli: a, pass: [{criteria: ["<5"]}]}]\ntotal_score: {pass: "90%"}\n';
const ENCODED = Buffer.from(FILE).toString('base64');
const SCOPE = { project: 'sockshop', stage: 'staging', service: 'carts' };

describe('the data of evaluation.finished', () => {
  const readyFor = (slo: object | null, sloFileContent = ''): ReadyEvaluation => ({
    outcome: 'ready',
    slo: slo as JsonObject | null,
    sloFileContent,
    previous: [],
    fetches: [],
  });
  const dataFor = (status: SliAnswerJson['status'], file: string | null) => {
    const { slo } = parseSlo(file);
    const values = file === null ? [] : [{ metric: 'a', value: 1, success: true }];
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
    const prepared = readyFor(slo, file === null ? '' : ENCODED);
    const judged = { answer: { ...answer, values }, samples: {}, problems: [], verdict };
    const data = evaluationData(input, prepared, judged);
    return { data, evaluation: objectAt(data, 'evaluation') };
  };
  const contentFor = (status: SliAnswerJson['status'], file = FILE) => {
    const { data, evaluation } = dataFor(status, file);
    return { status: data.status, content: evaluation.sloFileContent };
  };

  it('has slo.yaml where the gate looked at it, also when the gate could not judge', () => {
    assert.deepEqual(contentFor('succeeded'), { status: 'succeeded', content: ENCODED });
    const untold = contentFor('succeeded', FILE.replace('90%', 'all'));
    assert.deepEqual(untold, { status: 'errored', content: ENCODED });
  });

  it('has none, and no note about missing values, where there is no file', () => {
    assert.equal(sloOf(readyFor(null)), null);
    const { data, evaluation } = dataFor('succeeded', null);
    assert.deepEqual([data.status, data.result], ['succeeded', 'pass']);
    assert.match(String(data.message), /no SLO file configured for project sockshop/);
    assert.deepEqual([evaluation.sloFileContent, evaluation['x-note']], ['', undefined]);
    assert.deepEqual([dataFor('errored', null).data.status], ['errored']);
  });

  it('has no slo.yaml when the provider failed or was aborted', () => {
    assert.deepEqual(contentFor('errored'), { status: 'errored', content: '' });
    assert.deepEqual(contentFor('aborted'), { status: 'errored', content: '' });
  });
});
