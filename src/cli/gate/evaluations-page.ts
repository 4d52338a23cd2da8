import { formatGoFloat } from '../../gate/number-format.ts';
import { lineChart } from './line-chart.ts';
import { html } from './markup.ts';
import { type EvaluationRun, metricsOf } from './runs.ts';

/**
 * Draws evaluations as one self-contained page: a heatmap of SLI by run, the score over the runs, and one
 * chart per SLI with its thresholds. No scripts, nothing loaded from elsewhere; all text is escaped.
 */
export function renderEvaluationsPage(runs: readonly EvaluationRun[], title: string): string {
  const metrics = metricsOf(runs);
  const charts = metrics.map(({ metric, name }) => {
    const found = runs.map(({ indicators }) => indicators.find((indicator) => indicator.metric === metric));
    return lineChart(name, {
      labels: runs.map(labelOf),
      values: found.map((indicator) => indicator?.value ?? null),
      statuses: found.map((indicator) => indicator?.status ?? ''),
      pass: found.map((indicator) => tightest(indicator?.passTargets)),
      warning: found.map((indicator) => tightest(indicator?.warningTargets)),
    });
  });
  const score = lineChart('Score', {
    labels: runs.map(labelOf),
    values: runs.map((run) => run.score),
    statuses: runs.map((run) => run.result),
    pass: [],
    warning: [],
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${html(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${html(title)}</h1>
<p>${runs.length} evaluations${runs.length === 0 ? '' : `, ${html(runs[0]?.time ?? '')} to ${html(runs.at(-1)?.time ?? '')}`}</p>
${heatmap(runs, metrics)}
<h2>Score</h2>
${score}
<h2>Indicators</h2>
${charts.join('\n')}
</body>
</html>
`;
}

function heatmap(
  runs: readonly EvaluationRun[],
  metrics: readonly { metric: string; name: string }[],
): string {
  const rows = metrics.map(({ metric, name }) => {
    const cells = runs.map((run) => {
      const indicator = run.indicators.find((candidate) => candidate.metric === metric);
      const value =
        indicator?.value === null || indicator === undefined ? 'no value' : formatGoFloat(indicator.value);
      return cell(indicator?.status ?? '', `${name}, ${labelOf(run)}: ${value}`);
    });
    return `<tr><th scope="row">${html(name)}</th>${cells.join('')}</tr>`;
  });
  const results = runs.map((run) => cell(run.result, `${labelOf(run)}: score ${formatGoFloat(run.score)}`));
  return `<div class="scroll"><table>
<tr><th scope="row">result</th>${results.join('')}</tr>
${rows.join('\n')}
</table></div>`;
}

const SIGNS: Readonly<Record<string, string>> = { pass: '✓', warning: '!', fail: '✗', info: '·' };

function cell(status: string, tooltip: string): string {
  const known = Object.hasOwn(SIGNS, status) ? status : 'none';
  return `<td class="${known}" title="${html(tooltip)}">${SIGNS[known] ?? ''}</td>`;
}

function labelOf(run: EvaluationRun): string {
  return run.build === '' ? run.time || run.id : `${run.build} (${run.time})`;
}

/** Of several thresholds the lowest one is drawn: for upper limits that is the one that decides. */
function tightest(targets: readonly number[] | undefined): number | null {
  return targets === undefined || targets.length === 0 ? null : Math.min(...targets);
}

const STYLE = `:root{color-scheme:light dark;--pass:#2e9e5b;--warning:#d99a00;--fail:#d64545;--info:#8a94a6;--line:#3b6fd4;--grid:#8884}
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}
.scroll{overflow-x:auto}table{border-collapse:separate;border-spacing:2px}
th{text-align:left;font-weight:500;padding-right:1rem;white-space:nowrap}
td{width:1.6rem;height:1.6rem;text-align:center;border-radius:4px;color:#fff;background:var(--grid)}
td.pass{background:var(--pass)}td.warning{background:var(--warning)}td.fail{background:var(--fail)}td.info{background:var(--info)}
figure{margin:1rem 0}figcaption{font-weight:500}svg{width:100%;height:auto;overflow:visible}
.value{fill:none;stroke:var(--line);stroke-width:2}.pass-line{fill:none;stroke:var(--pass);stroke-dasharray:5 4}.warning-line{fill:none;stroke:var(--warning);stroke-dasharray:5 4}
.grid{stroke:var(--grid)}text{font-size:11px;fill:currentColor}
circle{fill:var(--line)}circle.fail{fill:var(--fail)}circle.warning{fill:var(--warning)}circle.pass{fill:var(--pass)}`;
