import { formatGoFloat } from '../../gate/number-format.ts';
import { html } from './markup.ts';

/** Values of one chart by run; null where there is none. */
export interface ChartSeries {
  readonly labels: readonly string[];
  readonly values: readonly (number | null)[];
  readonly statuses: readonly string[];
  /** Threshold of each run, drawn as steps; empty for none. */
  readonly pass: readonly (number | null)[];
  readonly warning: readonly (number | null)[];
}

const WIDTH = 900;
const HEIGHT = 180;
const MARGIN = { left: 64, right: 12, top: 10, bottom: 10 };

/** Draws a line chart with its thresholds as an inline SVG figure. */
export function lineChart(title: string, series: ChartSeries): string {
  const numbers = [...series.values, ...series.pass, ...series.warning].filter((value) => value !== null);
  if (numbers.length === 0) return `<figure><figcaption>${html(title)}</figcaption><p>no value</p></figure>`;
  const scale = scaleOf(numbers, series.values.length);
  const dots = series.values.flatMap((value, index) =>
    value === null ? [] : dot(series, scale, { index, value }),
  );
  const grid = [scale.minimum, (scale.minimum + scale.maximum) / 2, scale.maximum].map((value) =>
    gridLine(value, scale),
  );
  return `<figure><figcaption>${html(title)}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${html(title)}">
${grid.join('\n')}
<path class="pass-line" d="${steps(series.pass, scale)}"/>
<path class="warning-line" d="${steps(series.warning, scale)}"/>
<path class="value" d="${line(series.values, scale)}"/>
${dots.join('\n')}
</svg></figure>`;
}

interface Scale {
  readonly minimum: number;
  readonly maximum: number;
  x(index: number): number;
  y(value: number): number;
}

function scaleOf(numbers: readonly number[], count: number): Scale {
  let minimum = numbers.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  let maximum = numbers.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  if (minimum === maximum) {
    minimum -= Math.abs(minimum) / 2 || 1;
    maximum += Math.abs(maximum) / 2 || 1;
  }
  const width = WIDTH - MARGIN.left - MARGIN.right;
  const height = HEIGHT - MARGIN.top - MARGIN.bottom;
  // Halves keep the span of very large values finite.
  const span = maximum / 2 - minimum / 2;
  return {
    minimum,
    maximum,
    x: (index) => MARGIN.left + (count < 2 ? width / 2 : (index * width) / (count - 1)),
    y: (value) => MARGIN.top + height * (1 - (value / 2 - minimum / 2) / span),
  };
}

function line(values: readonly (number | null)[], scale: Scale): string {
  let path = '';
  let open = false;
  for (const [index, value] of values.entries()) {
    if (value !== null) path += `${open ? 'L' : 'M'}${round(scale.x(index))} ${round(scale.y(value))}`;
    open = value !== null;
  }
  return path;
}

/** A threshold holds from its run to the next one. */
function steps(values: readonly (number | null)[], scale: Scale): string {
  let path = '';
  for (const [index, value] of values.entries()) {
    if (value === null) continue;
    const y = round(scale.y(value));
    const end = index + 1 < values.length ? scale.x(index + 1) : WIDTH - MARGIN.right;
    path += `${values[index - 1] == null ? 'M' : 'L'}${round(scale.x(index))} ${y}H${round(end)}`;
  }
  return path;
}

function dot(series: ChartSeries, scale: Scale, { index, value }: { index: number; value: number }): string {
  const status = ['pass', 'warning', 'fail'].find((known) => known === series.statuses[index]) ?? 'info';
  const tooltip = html(`${series.labels[index] ?? ''}: ${formatGoFloat(value)}`);
  return `<circle class="${status}" cx="${round(scale.x(index))}" cy="${round(scale.y(value))}" r="3.5"><title>${tooltip}</title></circle>`;
}

function gridLine(value: number, scale: Scale): string {
  const y = round(scale.y(value));
  const text = formatGoFloat(Number(value.toPrecision(4)));
  return `<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y}" y2="${y}"/><text x="${MARGIN.left - 6}" y="${y + 4}" text-anchor="end">${text}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
