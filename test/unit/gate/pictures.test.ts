import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { renderEvaluationsPage } from '../../../src/cli/gate/evaluations-page.ts';
import { renderHeatmap } from '../../../src/cli/gate/heatmap.ts';
import { runsOf } from '../../../src/cli/gate/runs.ts';
import type { KeptnEvent } from '../../../src/contracts/events.ts';
import type { Json } from '../../../src/contracts/json.ts';

function event(id: string, result: 'pass' | 'warning' | 'fail', indicators: Json): KeptnEvent {
  return {
    id,
    time: `2024-05-01T10:00:0${id}Z`,
    data: {
      result,
      labels: { buildId: `b${id}` },
      evaluation: { score: result === 'pass' ? 100 : 40, indicatorResults: indicators },
    },
  } as unknown as KeptnEvent;
}

const indicator = (metric: string, status: string, value: number | null) => ({
  displayName: metric === 'rt' ? 'Response time' : '',
  status,
  value: { metric, value: value ?? 0, success: value !== null },
  passTargets: [{ criteria: '<600', targetValue: 600, violated: false }],
  warningTargets: null,
});

const EVENTS = [
  event('3', 'fail', [indicator('rt', 'fail', 900), indicator('err', 'info', 1)]),
  event('2', 'warning', null),
  event('1', 'pass', [indicator('rt', 'pass', 500), indicator('old', 'pass', null)]),
];

describe('the pictures of evaluations', () => {
  it('draw a heatmap of SLI by run, oldest on the left', () => {
    const text = stripVTControlCharacters(renderHeatmap(runsOf(EVENTS)));
    assert.equal(
      text,
      `score          100  40  40
result           ✓   !   ✗
Response time    ✓       ✗
err                      ·
old              ✓        

3 runs, 2024-05-01T10:00:01Z to 2024-05-01T10:00:03Z   ✓ pass  ! warning  ✗ fail  · info`,
    );
    assert.equal(renderHeatmap([]), 'There is no evaluation.');
  });

  it('keep the newest runs that the width holds', () => {
    const text = renderHeatmap(runsOf(EVENTS), 22);
    assert.match(text, /2 runs, 2024-05-01T10:00:02Z/);
  });

  it('draw one page that loads and runs nothing', () => {
    const page = renderEvaluationsPage(runsOf(EVENTS), 'sockshop/staging/carts');
    assert.equal(page.match(/<svg/g)?.length, 4);
    assert.match(page, /Content-Security-Policy" content="default-src 'none'/);
    assert.doesNotMatch(page, /<script|src=|href=|url\(|NaN|Infinity/);
    assert.match(page, /<td class="fail" title="Response time, b3 \(2024-05-01T10:00:03Z\): 900">✗<\/td>/);
  });

  it('escape names, values and anything else, and survive strange evaluations', () => {
    const json = fc.jsonValue() as fc.Arbitrary<Json>;
    const name = fc.oneof(
      fc.string(),
      fc.constantFrom('<script>alert(1)</script>', '"><img onerror=x>', '\u001b[31m', '__proto__'),
    );
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            json,
            name.map((metric) => indicator(metric, 'pass', 1.7e308)),
          ),
          { maxLength: 4 },
        ),
        name,
        (indicators, title) => {
          const runs = runsOf([
            event('2', 'pass', indicators),
            event('1', 'fail', [indicator('x', 'pass', -1.7e308)]),
          ]);
          const page = renderEvaluationsPage(runs, title);
          assert.doesNotMatch(page, /<script|<img|NaN|Infinity/);
          renderHeatmap(runs);
        },
      ),
    );
  });
});
