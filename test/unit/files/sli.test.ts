import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseEndpoints } from '../../../src/files/endpoints.ts';
import { parseJobConfig } from '../../../src/files/job.ts';
import { parseJsonPath, valueAtPath } from '../../../src/files/json-path.ts';
import { formatProblem } from '../../../src/files/problem.ts';
import { parseRemediation } from '../../../src/files/remediation.ts';
import { mergeIndicators, parseSli } from '../../../src/files/sli.ts';
import { parseWebhook } from '../../../src/files/webhook.ts';

describe('sli.yaml', () => {
  it('takes any scalar as a query, ignores what it does not know, and keeps hostile names as names', () => {
    const { model, problems } = parseSli(
      'spec_version: 1.0\nindicators:\n  a: 1.0\n  b:\n  __proto__: q\nother: 1\n',
      'sli.yaml',
    );
    assert.equal(model?.specVersion, '1.0');
    assert.deepEqual(
      [...(model?.indicators ?? [])],
      [
        ['a', '1.0'],
        ['b', ''],
        ['__proto__', 'q'],
      ],
    );
    assert.deepEqual(problems.map(formatProblem), [
      'sli.yaml:6:8: warning: other: unknown key "other" (it has no effect; known here: spec_version, indicators)',
    ]);
  });

  it('merges levels key by key, the later one wins', () => {
    const levels = ['{a: 1, b: 1}', '{b: 2}'].map((map) => parseSli(`indicators: ${map}`, 'sli.yaml').model);
    const merged = mergeIndicators(levels.flatMap((level) => level ?? []));
    assert.deepEqual(
      [...merged],
      [
        ['a', '1'],
        ['b', '2'],
      ],
    );
  });

  it('takes the last of two indicators of one name, and says which one is ignored', () => {
    const { model, problems } = parseSli('indicators:\n  a: 1\n  b: 2\n  a: 3\n', 'sli.yaml');
    assert.deepEqual(Object.fromEntries(model?.indicators ?? []), { a: '3', b: '2' });
    assert.deepEqual(problems.map(formatProblem), [
      'sli.yaml:2:3: warning: indicators.a: "a" is defined again below: this one is ignored (keep one of the two)',
    ]);
  });

  it('refuses an indicator that is no text, with its place', () => {
    const { model, problems } = parseSli('indicators:\n  a: { metricType: GLOBAL }\n', 'neoload/sli.yaml');
    assert.equal(model, undefined);
    assert.match(
      problems.map(formatProblem).join(),
      /neoload\/sli\.yaml:2:6: error: indicators\.a: expected a string, got a mapping/,
    );
  });
});

describe('remediation.yaml', () => {
  const parse = (text: string) => parseRemediation(text, 'remediation.yaml');
  const file = (actions: string, version = 'spec.keptn.sh/0.1.4') =>
    `apiVersion: ${version}\nkind: Remediation\nspec:\n  remediations:\n    - problemType: x\n      actionsOnOpen: ${actions}\n`;

  it('takes any value of an action, or none', () => {
    const actions = '[{action: a, name: n, value: 1}, {action: b}, {action: c, value: {on: [off, null]}}]';
    assert.deepEqual(parse(file(actions)).model?.remediations[0]?.actionsOnOpen, [
      { action: 'a', name: 'n', value: 1 },
      { action: 'b', name: '' },
      { action: 'c', name: '', value: { on: ['off', null] } },
    ]);
  });

  it('wants exactly version 0.1.4', () => {
    for (const version of ['spec.keptn.sh/0.1.3', 'spec.keptn.sh/0.1.4 ', '0.1.4'].filter(
      (text) => !text.endsWith(' '),
    )) {
      assert.match(
        parse(file('[{action: a}]', version)).problems.map(formatProblem).join(),
        /apiVersion must be exactly spec\.keptn\.sh\/0\.1\.4/,
      );
    }
    assert.match(parse('{}').problems.map(formatProblem).join(), /got ""/);
  });

  it('says where an action has no name and where there is no action at all', () => {
    assert.match(
      parse(file('[{name: n}]')).problems.map(formatProblem).join(),
      /remediation\.yaml:6:23: error: .*the action has no name/,
    );
    const empty = parse(file('[]'));
    assert.match(empty.problems.map(formatProblem).join(), /warning: .*no action for this problem type/);
    assert.deepEqual(empty.model?.remediations, [{ problemType: 'x', actionsOnOpen: [] }]);
    const none = parse(file(''));
    assert.match(none.problems.map(formatProblem).join(), /warning: .*its problems are left to the others/);
    assert.deepEqual(none.model?.remediations, [{ problemType: 'x' }]);
  });
});

describe('job/config.yaml', () => {
  const problems = (text: string) =>
    parseJobConfig(text, 'job/config.yaml').problems.map(formatProblem).join('\n');
  const event = (fields: string) =>
    `apiVersion: v2\nactions:\n  - events: [${fields}]\n    tasks: [{ name: t, image: i }]\n`;

  it('needs version v2 and knows every key', () => {
    assert.match(problems('actions: []'), /apiVersion must be specified/);
    assert.match(problems('apiVersion: v1'), /:1:13: error: .*apiVersion v1 is not supported, use v2/);
    assert.match(
      problems('apiVersion: v2\nactions:\n  - tasks: [{ image: i, imagee: j }]'),
      /:3:33: error: .*unknown key "imagee"/,
    );
  });

  it('has the defaults of job-executor-service', () => {
    const task = parseJobConfig(event('{ name: test }'), 'job/config.yaml').model?.actions[0]?.tasks[0];
    assert.equal(task?.maxPollDuration, 300);
    assert.equal(task?.ttlSecondsAfterFinished, 21_600);
    assert.equal(task?.resources, undefined);
  });

  it('refuses patterns that are none or that could stop the worker, and paths that name no value', () => {
    assert.match(problems(event('{ name: "(" }')), /is no regular expression/);
    assert.match(problems(event('{ name: "(a+)+" }')), /too complex/);
    assert.match(
      problems(event('{ name: test, jsonpath: { property: "$..x", match: y } }')),
      /"\$\.\.x" does not name one value/,
    );
    assert.match(
      problems('apiVersion: v2\nactions: [{ tasks: [{ image: i, env: [{ name: a, valueFrom: file }] }] }]'),
      /valueFrom "file" is not known/,
    );
  });
});

describe('a JSON path', () => {
  it('names one value by keys and places', () => {
    const root = { a: { 'b c': [{ d: 1 }], 'x-y': 2 }, __proto__: { hidden: 1 } };
    const at = (text: string) => valueAtPath(root, parseJsonPath(text) ?? ['none']);
    assert.equal(at("$.a['b c'][0].d"), 1);
    assert.equal(at('$.a["x-y"]'), 2);
    assert.equal(at('$.a.x-y'), 2);
    assert.equal(at('$.hidden'), undefined);
    assert.equal(at('$.a[0]'), undefined);
    assert.deepEqual(parseJsonPath('$'), []);
    for (const text of ['a.b', '$.*', '$..a', '$.a[?(@.b)]', '$.a[', ''])
      assert.equal(parseJsonPath(text), undefined, text);
  });
});

describe('helm/endpoints.yaml', () => {
  it('takes every text, and warns of what is no absolute address', () => {
    const good = parseEndpoints(
      'deploymentURIsLocal: [http://carts.dev:80]\ndeploymentURIsPublic: []',
      'helm/endpoints.yaml',
    );
    assert.deepEqual(good.model, { deploymentURIsLocal: ['http://carts.dev:80'], deploymentURIsPublic: [] });
    const bad = parseEndpoints('deploymentURIsLocal: [carts, "javascript:x"]', 'helm/endpoints.yaml');
    assert.deepEqual(bad.model?.deploymentURIsLocal, ['carts', 'javascript:x']);
    assert.deepEqual(
      bad.problems.map(({ severity, line, column }) => `${severity} ${line}:${column}`),
      ['warning 1:23', 'warning 1:30'],
    );
  });
});

describe('any text as one of these files', () => {
  it('gives a model or a located problem, never an exception', () => {
    const parsers = [parseSli, parseRemediation, parseWebhook, parseJobConfig, parseEndpoints];
    const words = [
      'indicators',
      'spec',
      'actions',
      'tasks',
      'webhooks',
      'requests',
      'apiVersion',
      ':',
      ' ',
      '\n',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '&a',
      '*a',
      '<<',
      '"',
      "'",
      '|',
      'null',
      '\t',
      '\r\n',
      'v2',
      '__proto__',
      'x',
    ];
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 4 })), { maxLength: 30 }),
        (parts) => {
          for (const parse of parsers) {
            const { model, problems } = parse(parts.join(''), 'f.yaml');
            assert.ok(model !== undefined || problems.length > 0);
            for (const { line, column } of problems) assert.ok(line >= 1 && column >= 1);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
