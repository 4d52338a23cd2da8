import assert from 'node:assert/strict';
import { DEFAULT_WORKLOADS, findWorkload, parseLoad, readSeconds } from '../../../src/files/load.ts';
import { findLocustWorkload, parseLocust } from '../../../src/files/locust.ts';

describe('jmeter.conf.yaml', () => {
  it('leaves a missing field at zero, as jmeter-service did, and takes the first match in any case of letters', () => {
    const { model, problems } = parseLoad(
      'workloads:\n  - {teststrategy: Performance, vuser: 3}\n  - {teststrategy: performance, vuser: 9}\n',
      'jmeter.conf.yaml',
    );
    assert.deepEqual(problems, []);
    const found = findWorkload(model, 'PERFORMANCE');
    assert.deepEqual(
      [found?.vuser, found?.loopcount, found?.thinktime, found?.acceptederrorrate],
      [3, 0, 0, 0],
    );
  });

  it('falls back to the defaults for healthcheck, performance and functional only', () => {
    assert.deepEqual(
      DEFAULT_WORKLOADS.map(({ teststrategy, vuser, loopcount }) => [teststrategy, vuser, loopcount]),
      [
        ['healthcheck', 1, 1],
        ['performance', 10, 500],
        ['functional', 1, 1],
      ],
    );
    assert.equal(findWorkload(undefined, 'performance')?.acceptederrorrate, 0.1);
    assert.equal(findWorkload(undefined, 'soak'), undefined);
  });

  it('places what is wrong with numbers and with its own keys', () => {
    const { problems } = parseLoad(
      'workloads:\n  - teststrategy: p\n    vuser: -1\n    acceptederrorrate: often\n    x-duration: soon\n    x-rate: 0\n    x-path: carts\n',
      'f',
    );
    assert.deepEqual(
      problems.map(({ line, path }) => [line, path]),
      [
        [3, 'workloads[0].vuser'],
        [4, 'workloads[0].acceptederrorrate'],
        [5, 'workloads[0].x-duration'],
        [6, 'workloads[0].x-rate'],
        [7, 'workloads[0].x-path'],
      ],
    );
  });

  it('reads durations', () => {
    assert.deepEqual(['45', '30s', '2m', '1h30m', '0s', '', 'soon'].map(readSeconds), [
      45,
      30,
      120,
      5400,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('locust.conf.yaml', () => {
  it('takes the last match, as locust-service did, and drops leading slashes', () => {
    const { model } = parseLocust(
      'workloads:\n  - {teststrategy: performance, script: a.py}\n  - {teststrategy: performance, script: /locust/basic.py, conf: /locust/locust.conf}\n',
      'locust.conf.yaml',
    );
    assert.ok(model);
    assert.deepEqual(findLocustWorkload(model, 'performance'), {
      teststrategy: 'performance',
      script: 'locust/basic.py',
      conf: 'locust/locust.conf',
    });
    assert.equal(findLocustWorkload(model, 'soak'), undefined);
  });
});
