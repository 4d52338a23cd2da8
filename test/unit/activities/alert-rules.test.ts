import assert from 'node:assert/strict';
import { alertRules } from '../../../src/activities/sli/alert-rules.ts';
import { parseRemediation } from '../../../src/files/remediation.ts';
import { parseSlo } from '../../../src/files/slo.ts';

const SERVICE = { project: 'sockshop', stage: 'production', service: 'carts' };

function rulesOf(slo: string, { alerts = '', queries = {} }: { alerts?: string; queries?: object } = {}) {
  const parsed = parseSlo(slo);
  assert.ok(parsed.slo, JSON.stringify(parsed.problems));
  const text = `apiVersion: spec.keptn.sh/0.1.4\nkind: Remediation\nmetadata: {name: x}\nspec:\n  remediations: []\n${alerts}`;
  const { model, problems } = parseRemediation(text, 'remediation.yaml');
  assert.ok(model, JSON.stringify(problems));
  return alertRules(SERVICE, {
    slo: parsed.slo,
    remediation: model,
    queries: new Map(Object.entries(queries)),
  });
}
const objective = (sli: string, ...sets: string[][]) =>
  `objectives:\n  - sli: ${sli}\n    pass: ${JSON.stringify(sets.map((criteria) => ({ criteria })))}\n`;
const QUERIES = { latency: 'max(latency{job="$SERVICE-$PROJECT-$STAGE-$DEPLOYMENT"}[$DURATION_SECONDS])' };

describe('alert rules of a service', () => {
  it('are those that prometheus-service wrote: name, inverted comparison, time, labels and annotations', () => {
    assert.deepEqual(rulesOf(objective('latency', ['<=600']), { queries: QUERIES }), {
      name: 'carts sockshop-production alerts',
      rules: [
        {
          alert: 'latency',
          expr: '(max(latency{job="carts-sockshop-production-primary"}[180s])) > 600',
          for: '10m',
          labels: {
            severity: 'webhook',
            pod_name: 'carts-primary',
            service: 'carts',
            project: 'sockshop',
            stage: 'production',
            deployment: 'primary',
          },
          annotations: { summary: 'latency', descriptions: 'Pod name {{ $labels.pod_name }}' },
        },
      ],
    });
  });

  const limits: [string, string[][], string | undefined][] = [
    ['turns < into >', [['<600']], '> 600'],
    ['turns >= into <', [['>=2.5']], '< 2.5'],
    ['takes the last of several criteria', [['<100', '<200'], ['<300']], '> 300'],
    ['leaves relative criteria out', [['<=+10%', '<600']], '> 600'],
    ['leaves a percentage out', [['<10%']], undefined],
    ['leaves what is below the baseline out', [['<-5']], undefined],
    ['leaves equality out', [['=5']], undefined],
    ['reads blanks', [[' < 600 ']], '> 600'],
    ['makes none without criteria', [], undefined],
  ];
  for (const [title, sets, limit] of limits) {
    it(title, () => {
      const { rules } = rulesOf(objective('latency', ...sets), { queries: { latency: 'q' } });
      assert.deepEqual(
        rules.map(({ expr }) => expr),
        limit === undefined ? [] : [`(q) ${limit}`],
      );
    });
  }

  it('are made for indicators with a query only, the built-in ones included', () => {
    const slo = `${objective('unknown', ['<1'])}  - sli: throughput\n    pass: [{criteria: ['>1']}]\n`;
    const { rules } = rulesOf(slo);
    assert.deepEqual(
      rules.map(({ alert }) => alert),
      ['throughput'],
    );
    assert.match(rules[0]?.expr ?? '', /^\(sum\(rate\(http_requests_total\{.*\}\[180s\]\)\)\) < 1$/);
  });

  it('fill in the filters of slo.yaml', () => {
    const slo = `filter: {handler: ItemsController}\n${objective('latency', ['<1'])}`;
    const { rules } = rulesOf(slo, { queries: { latency: 'x{handler="$handler"}' } });
    assert.equal(rules[0]?.expr, '(x{handler="ItemsController"}) > 1');
  });

  it('have other times where remediation.yaml asks for them', () => {
    const alerts = '  x-alerts: {for: 2s, keepFiringFor: 30s, window: 1m}\n';
    const { rules } = rulesOf(objective('latency', ['<1']), { alerts, queries: QUERIES });
    assert.deepEqual([rules[0]?.for, rules[0]?.keep_firing_for], ['2s', '30s']);
    assert.match(rules[0]?.expr ?? '', /\[60s\]/);
  });

  it('are refused with their place when such a time is none', () => {
    const text =
      'apiVersion: spec.keptn.sh/0.1.4\nmetadata: {name: x}\nspec: {x-alerts: {window: 0s, for: soon}}';
    const { problems } = parseRemediation(text, 'remediation.yaml');
    assert.deepEqual(
      problems.filter(({ severity }) => severity === 'error').map(({ path }) => path),
      ['spec.x-alerts.window', 'spec.x-alerts.for'],
    );
  });
});
