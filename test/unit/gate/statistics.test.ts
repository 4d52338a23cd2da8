import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { incompleteBeta, logGamma } from '../../../src/gate/statistics/gamma.ts';
import { hodgesLehmann } from '../../../src/gate/statistics/hodges-lehmann.ts';
import { type Alternative, mannWhitney } from '../../../src/gate/statistics/mann-whitney.ts';
import { normalQuantile, normalTail } from '../../../src/gate/statistics/normal.ts';
import { compareProportions } from '../../../src/gate/statistics/proportions.ts';
import { compareSpread } from '../../../src/gate/statistics/variance.ts';

interface Recorded {
  scipy: string;
  samples: ({
    first: number[];
    second: number[];
    shift95: number[];
    shift99: number[];
    levene?: { statistic: number; p: number };
  } & Record<Alternative, { u: number; p: number }>)[];
  proportions: ({ first: [number, number]; second: [number, number]; method: string } & Record<
    Alternative,
    number
  >)[];
  normalTail: [number, number][];
  normalQuantile: [number, number][];
  logGamma: [number, number][];
  incompleteBeta: [number, number, number, number][];
}

const recorded = JSON.parse(readFileSync(new URL('./data/scipy.json', import.meta.url), 'utf8')) as Recorded;
const ALTERNATIVES: Alternative[] = ['greater', 'less', 'two-sided'];

function near(actual: number, wanted: number, what: string): void {
  const tolerance = 1e-9 * Math.max(Math.abs(wanted), 1e-290);
  assert.ok(Math.abs(actual - wanted) <= tolerance, `${what}: ${actual} is not ${wanted}`);
}

describe('statistics agree with SciPy to nine digits', () => {
  it('in the Mann–Whitney test, exact and approximate, with and without ties', () => {
    for (const [index, sample] of recorded.samples.entries()) {
      for (const alternative of ALTERNATIVES) {
        const { u, p, effectSize } = mannWhitney(sample.first, sample.second, alternative);
        assert.equal(u, sample[alternative].u);
        near(p, sample[alternative].p, `sample ${index} ${alternative}`);
        near(effectSize, u / (sample.first.length * sample.second.length), 'effect size');
      }
    }
  });

  it('in the Hodges–Lehmann shift and its confidence interval', () => {
    for (const { first, second, shift95, shift99 } of recorded.samples) {
      for (const [confidence, wanted] of [
        [0.95, shift95],
        [0.99, shift99],
      ] as const) {
        const { estimate, low, high } = hodgesLehmann(first, second, confidence);
        for (const [place, value] of [estimate, low, high].entries()) {
          assert.ok(
            Math.abs(value - (wanted[place] ?? Number.NaN)) <= 1e-9,
            `${value} is not ${wanted[place]}`,
          );
        }
      }
    }
  });

  it('in the Brown–Forsythe test of spread', () => {
    for (const { first, second, levene } of recorded.samples) {
      if (levene === undefined) continue;
      const { statistic, p } = compareSpread(first, second);
      near(statistic, levene.statistic, 'statistic');
      near(p, levene.p, 'p');
    }
  });

  it('in the test of two proportions', () => {
    for (const { first, second, method, ...wanted } of recorded.proportions) {
      for (const alternative of ALTERNATIVES) {
        const [a, b] = [first, second].map(([events, trials]) => ({ events, trials }));
        assert.ok(a && b);
        const test = compareProportions(a, b, alternative);
        assert.equal(test.method, method);
        near(test.p, wanted[alternative], `${first} against ${second}, ${alternative}`);
      }
    }
  });

  it('in the functions underneath', () => {
    for (const [z, tail] of recorded.normalTail) near(normalTail(z), tail, `normal tail of ${z}`);
    for (const [p, z] of recorded.normalQuantile) {
      assert.ok(Math.abs(normalQuantile(p) - z) <= 1e-9 * Math.max(1, Math.abs(z)), `quantile of ${p}`);
    }
    for (const [x, value] of recorded.logGamma)
      assert.ok(Math.abs(logGamma(x) - value) <= 1e-9 * Math.max(1, Math.abs(value)), `log gamma of ${x}`);
    for (const [x, a, b, value] of recorded.incompleteBeta)
      near(incompleteBeta(x, a, b), value, `I_${x}(${a}, ${b})`);
  });
});

describe('statistics', () => {
  const sample = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 30 });

  it('mirror when the samples change places', () => {
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const one = mannWhitney(a, b, 'greater');
        const other = mannWhitney(b, a, 'less');
        assert.equal(one.u + other.u, a.length * b.length);
        assert.ok(Math.abs(one.p - other.p) < 1e-12);
        assert.ok(Math.abs(hodgesLehmann(a, b).estimate + hodgesLehmann(b, a).estimate) < 1e-9);
      }),
    );
  });

  it('select the median of all differences without listing them', () => {
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const differences = a.flatMap((x) => b.map((y) => x - y)).sort((x, y) => x - y);
        const middle = differences.length / 2;
        const wanted =
          differences.length % 2 === 1
            ? differences[Math.floor(middle)]
            : ((differences[middle - 1] ?? 0) + (differences[middle] ?? 0)) / 2;
        assert.equal(hodgesLehmann(a, b).estimate, wanted);
      }),
    );
  });

  it('end on a difference that occurs, also between neighbouring numbers and beyond the largest one', () => {
    const any = fc.double({ noNaN: true, noDefaultInfinity: true });
    const neighbours = fc.constantFrom(-6.681430628842536e-75, -6.681430628842535e-75, 5e-324, -5e-324, 0);
    const numbers = fc.array(fc.oneof(any, neighbours), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const bounded = (x: number) => Math.min(Math.max(x, -Number.MAX_VALUE), Number.MAX_VALUE);
        const differences = a.flatMap((x) => b.map((y) => bounded(x - y)));
        const { low, high } = hodgesLehmann(a, b);
        assert.ok(differences.includes(low), `${low}`);
        assert.ok(differences.includes(high), `${high}`);
      }),
    );
    assert.equal(hodgesLehmann([0, 5e-324], [0]).low, 0);
    const { MAX_VALUE } = Number;
    assert.equal(hodgesLehmann([MAX_VALUE, 0], [-1e294]).high, MAX_VALUE);
    assert.equal(hodgesLehmann([-MAX_VALUE, 0], [1e294]).low, -MAX_VALUE);
  });

  it('find an empty sample undecidable', () => {
    assert.ok(Number.isNaN(mannWhitney([], [1], 'greater').p));
  });

  it('give the same bits every time', () => {
    for (const { first, second } of recorded.samples) {
      assert.deepEqual(
        mannWhitney(first, second, 'two-sided'),
        mannWhitney([...first], [...second].reverse(), 'two-sided'),
      );
    }
  });
});
