import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { isOpenSlo, parseOpenSlo } from '../../../src/files/openslo.ts';
import { parseInheritedSlo } from '../../../src/files/slo.ts';
import { reviewSlo } from '../../../src/files/slo-review.ts';
import { evaluateGate } from '../../../src/gate/evaluate.ts';
import type { CanarySamples } from '../../../src/gate/statistics/canary.ts';

interface Example {
  readonly values?: Record<string, number>;
  /** Sides as `wave LEVEL`: 60 values, one per second, around a level. */
  readonly samples?: Record<string, { primary: string; canary: string }>;
  readonly result: string;
}

const page = readFileSync(new URL('../../../docs/gate.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/<!-- example: (.*) -->\n```yaml\n([\s\S]*?)```/g)];

describe('the examples in docs/gate.md', () => {
  it('are all run', () => {
    assert.ok(examples.length >= 6);
    assert.equal(examples.length, page.match(/```yaml/g)?.length);
  });

  for (const [, description = '', yaml = ''] of examples) {
    it(`give the stated result: ${yaml
      .split('\n')
      .find((line) => line.includes('sli:') || line.includes('kind:'))
      ?.trim()}`, () => {
      const example = JSON.parse(description) as Example;
      const parsed = isOpenSlo(yaml)
        ? parseOpenSlo(yaml)
        : parseInheritedSlo({ project: null, stage: null, service: yaml });
      assert.deepEqual(parsed.problems, []);
      if (!isOpenSlo(yaml)) assert.deepEqual(reviewSlo(parsed), []);
      const verdict = evaluateGate({
        slo: parsed.slo,
        sliResults: Object.entries(example.values ?? {}).map(([metric, value]) => ({
          metric,
          value,
          success: true,
        })),
        previousResults: [],
        samples: Object.fromEntries(
          Object.entries(example.samples ?? {}).map(([metric, sides]) => [metric, samplesOf(sides)]),
        ),
        project: 'sockshop',
        stage: 'staging',
        service: 'carts',
      });
      assert.equal(verdict.result, example.result, verdict.message);
      assert.equal(verdict.status, 'succeeded');
    });
  }
});

function samplesOf({ primary, canary }: { primary: string; canary: string }): CanarySamples {
  return { primary: wave(primary), canary: wave(canary) };
}

function wave(description: string): { values: { time: number; value: number }[] } {
  const level = Number(description.replace('wave ', ''));
  return {
    values: Array.from({ length: 60 }, (_, time) => ({ time, value: level + 8 * Math.sin(time * 1.7) })),
  };
}
