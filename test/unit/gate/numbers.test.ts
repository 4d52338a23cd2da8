import assert from 'node:assert/strict';
import { percentile } from '../../../src/gate/aggregate.ts';
import { parseGoFloat } from '../../../src/gate/go-float.ts';
import { formatGoFloat } from '../../../src/gate/number-format.ts';

describe('numbers as Go reads and writes them', () => {
  it('reads what strconv.ParseFloat reads', () => {
    for (const [text, value] of [
      ['1_23.50_0e+1_2', 1.235e14],
      ['.5', 0.5],
      ['5.', 5],
      ['+5', 5],
      ['0x1p-1074', 5e-324],
      ['0X1.8P1', 3],
      ['0x1.00000000000018p0', 1.0000000000000004],
      ['inf', Infinity],
      ['-Infinity', -Infinity],
      ['5e-324', 5e-324],
      ['2e-324', 0],
    ] as const)
      assert.equal(parseGoFloat(text), value, text);
    assert.ok(Number.isNaN(parseGoFloat('nAn')));
    for (const text of [
      '',
      '.',
      '1e400',
      '0x1p1024',
      '0x1',
      '_1',
      '1_',
      '1__0',
      '1e',
      '0b1',
      ' 1',
      '1 ',
      '+nan',
      '١',
    ]) {
      assert.equal(parseGoFloat(text), undefined, text);
    }
  });

  it('writes what %v writes', () => {
    for (const [value, text] of [
      [0, '0'],
      [-0, '-0'],
      [100, '100'],
      [66.66666666666666, '66.66666666666666'],
      [123456.5, '123456.5'],
      [999999, '999999'],
      [1e6, '1e+06'],
      [1234567, '1.234567e+06'],
      [123456789, '1.23456789e+08'],
      [0.0001, '0.0001'],
      [0.00001, '1e-05'],
      [-2.5e-7, '-2.5e-07'],
      [1e300, '1e+300'],
      [Infinity, '+Inf'],
      [-Infinity, '-Inf'],
      [Number.NaN, 'NaN'],
    ] as const)
      assert.equal(formatGoFloat(value), text);
  });

  it('interpolates percentiles at fraction × (n + 1)', () => {
    const ten = [10, 9, 8, 7, 6, 5, 4, 3, 2, 1];
    assert.ok(Math.abs(percentile(ten, 0.9) - 9.9) < 1e-12);
    assert.equal(percentile([10, 5], 0.5), 7.5);
    assert.equal(percentile([3, 1, 2], 0.95), 3);
    assert.equal(percentile([7], 0.1), 7);
    assert.equal(percentile([], 0.5), 0);
  });
});
