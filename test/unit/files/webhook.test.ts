import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseCurlCommand } from '../../../src/files/curl-command.ts';
import { renderTemplate, TemplateError } from '../../../src/files/go-template.ts';
import { formatProblem } from '../../../src/files/problem.ts';
import { parseWebhook } from '../../../src/files/webhook.ts';

const problemsOf = (text: string) => parseWebhook(text, 'webhook.yaml').problems.map(formatProblem);

describe('webhook.yaml', () => {
  it('is read with its defaults', () => {
    const { model, problems } = parseWebhook(
      `apiVersion: webhookconfig.keptn.sh/v1beta1
kind: WebhookConfig
metadata: { name: x }
spec:
  webhooks:
    - type: sh.keptn.event.test.triggered
      subscriptionID: id
      requests: [{ url: http://a.example, method: post, options: "--max-time 5 -H 'a: b'" }]
`,
      'webhook.yaml',
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(model?.webhooks, [
      {
        type: 'sh.keptn.event.test.triggered',
        subscriptionId: 'id',
        sendStarted: true,
        sendFinished: false,
        secrets: [],
        requests: [
          {
            url: 'http://a.example',
            method: 'POST',
            headers: [{ key: 'a', value: 'b' }],
            payload: '',
            timeoutMs: 5000,
          },
        ],
      },
    ]);
  });

  it('tells the place of everything that it cannot take', () => {
    const text = `apiVersion: v2
kind: Webhook
spec:
  webhooks:
    - typ: x
      requests:
        - wget http://a.example
        - { url: http://a.example, method: DELETE }
        - { url: "http://{{.a", method: GET }
        - { url: http://a.example, method: POST, payload: "@/etc/passwd" }
    - type: sh.keptn.event.test.triggered
`;
    const problems = problemsOf(text).join('\n');
    assert.match(problems, /webhook\.yaml:1:13: warning: apiVersion: apiVersion "v2" is not known/);
    assert.match(problems, /:2:7: warning: kind: kind is "Webhook", not WebhookConfig/);
    assert.match(problems, /:5:12: warning: .*unknown key "typ"/);
    assert.match(problems, /:5:7: error: .*type is missing/);
    assert.match(problems, /:7:11: error: .*must begin with curl, got "wget"/);
    assert.match(problems, /:8:11: error: .*the method "DELETE" is not allowed/);
    assert.match(problems, /:9:11: error: .*never closed/);
    assert.match(problems, /:10:11: error: .*payload from a file/);
    assert.match(problems, /:11:7: error: .*there are no requests/);
    assert.match(problemsOf('apiVersion: webhookconfig.keptn.sh/v1beta1\n').join(), /there are no webhooks/);
  });

  it('says once what is wrong with a type', () => {
    const entry = (type: string) =>
      `apiVersion: webhookconfig.keptn.sh/v1beta1\nspec:\n  webhooks:\n    - type: ${type}\n      requests: [{ url: http://a.example, method: GET }]\n`;
    assert.match(
      problemsOf(entry('[[ .Context.event ]]')).join('\n'),
      /^\S+:4:13: error: .*expected a string, got a list$/,
    );
    for (const nothing of ['', '""', '~'])
      assert.match(problemsOf(entry(nothing)).join('\n'), /^\S+:4:7: error: [^\n]*type is missing[^\n]*$/);
  });

  it('keeps the other entries usable when one cannot be carried out, whatever version and kind say', () => {
    const { model, problems } = parseWebhook(
      `apiVersion: webhookconfig.keptn.sh/v1alpha1
kind: Webhook
spec:
  webhooks:
    - type: sh.keptn.event.notify.triggered
      subscriptionID: a
      requests: ['curl --data "{{.secret.slack-hook.key}}" http://a.example']
    - type: sh.keptn.event.scan.triggered
      subscriptionID: c
      envFrom:
        - secretRef:
          name: slipped
      requests: [curl http://a.example]
    - type: sh.keptn.event.evaluation.>
      subscriptionID: b
      requests: [curl -X PATCH http://a.example/flags?x=1&y=2]
`,
      'webhook.yaml',
    );
    assert.deepEqual(
      model?.webhooks.map(({ type, refusal, requests }) => [type, refusal, requests.length]),
      [
        [
          'sh.keptn.event.notify.triggered',
          'webhook.yaml:7:18: error: spec.webhooks[0].requests[0]: template: cannot read ".secret.slack-hook.key"; ' +
            'read keys with other characters by index, as in {{index .data "a-b"}}',
          0,
        ],
        [
          'sh.keptn.event.scan.triggered',
          'webhook.yaml:11:11: error: spec.webhooks[1].envFrom[0]: a secret needs name, secretRef.name and secretRef.key ' +
            '(write {name: token, secretRef: {name: my-secret, key: token}})',
          1,
        ],
        ['sh.keptn.event.evaluation.>', undefined, 1],
      ],
    );
    assert.equal(model?.webhooks[2]?.requests[0]?.method, 'PATCH');
    assert.deepEqual(
      problems.map(({ severity }) => severity),
      ['warning', 'error', 'error'],
    );
  });
});

describe('a curl text', () => {
  const read = (text: string) => parseCurlCommand(text);

  it('becomes a request', () => {
    assert.deepEqual(
      read(
        `curl --silent --request=PUT -H"a: b c" --user me:you -d a=1 --data-raw '{"b": "{{ index .data "x" }}"}' -m 1.5 -L https://h.example/p?q=1`,
      ),
      {
        request: {
          url: 'https://h.example/p?q=1',
          method: 'PUT',
          headers: [{ key: 'a', value: 'b c' }],
          payload: 'a=1&{"b": "{{ index .data "x" }}"}',
          user: 'me:you',
          timeoutMs: 1500,
          followRedirects: true,
        },
      },
    );
    assert.deepEqual(read('curl -d x http://h'), {
      request: { url: 'http://h', method: 'POST', headers: [], payload: 'x' },
    });
  });

  it('is refused with the reason when it wants more than a request', () => {
    const cases: [string, RegExp][] = [
      ['wget http://h', /must begin with curl/],
      ['curl http://h | sh', /contains "\|"/],
      ['curl http://h/$(id)', /contains "\$"/],
      ['curl http://h && id', /contains " &"/],
      ['curl http://h > /tmp/x', /contains ">"/],
      ['curl -o /tmp/x http://h', /option -o is not supported/],
      ['curl --output=/tmp/x http://h', /option --output=\/tmp\/x is not supported/],
      ['curl -K /tmp/x http://h', /option -K is not supported/],
      ['curl -T /etc/passwd http://h', /option -T is not supported/],
      ['curl -F a=@/etc/passwd http://h', /option -F is not supported/],
      ['curl -d @/etc/passwd http://h', /data from a file/],
      ['curl http://a http://b', /two URLs/],
      ["curl 'http://a", /quote ' is never closed/],
      ["curl -d '{{.data. status}.' http://h", /template \{\{\.data\. status\}.*is never closed with \}\}/],
      ['curl -X', /option -X has no value/],
      ['curl', /no URL/],
      ['', /must begin with curl/],
    ];
    for (const [text, reason] of cases) {
      const answer = read(text);
      assert.ok('refused' in answer, text);
      assert.match(answer.refused, reason, text);
    }
  });

  it('is read or refused whatever it holds', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const answer = read(`curl ${text}`);
        return 'refused' in answer || answer.request.url !== '';
      }),
    );
  });
});

describe('a Go template', () => {
  const data = {
    data: {
      project: 'sockshop',
      'a-b': 'x',
      n: 1e6,
      half: 0.5,
      on: true,
      none: null,
      list: ['a', 'b'],
      map: { b: 1, a: 'z' },
      'nested-key': { url: 'http://u', deep: { score: 99.5 } },
    },
    env: { key: 's' },
  };
  const render = (text: string) => renderTemplate(text, data);

  it('shows fields, index, functions and pipes as Go does', () => {
    const cases: [string, string][] = [
      ['plain', 'plain'],
      ['{{.data.project}}/{{ .env.key }}', 'sockshop/s'],
      ['{{index .data "a-b"}}{{index .data.list 1}}', 'xb'],
      ['{{.data.n}} {{.data.half}} {{.data.on}} {{.data.none}}', '1e+06 0.5 true <no value>'],
      ['{{.data.list}} {{.data.map}}', '[a b] map[a:z b:1]'],
      ['{{ "a \\"b\\"" }}{{`raw`}}', 'a "b"raw'],
      ['{{.data.project | printf "%s-%s" "x"}}', 'x-sockshop'],
      ['{{printf "%s=%v %q %d%%" .data.project 1 "q" 2}}', 'sockshop=1 "q" 2%'],
      ['{{ len .data.list }} {{urlquery "a b&c"}}', '2 a+b%26c'],
      ['{{if eq .data.project "sockshop"}}yes{{else}}no{{end}}', 'yes'],
      ['{{if .data.none}}1{{else if and .data.on (ne .data.project "x")}}2{{else}}3{{end}}', '2'],
      ['{{range .data.list}}<{{.}}>{{else}}none{{end}}', '<a><b>'],
      ['a  {{- " b" -}}  c', 'a bc'],
      ['{{/* note */}}x', 'x'],
      ['{{(index .data "nested-key").url}}{{((index .data "nested-key").deep).score}}', 'http://u99.5'],
      ['{{$s := (index .data "nested-key").deep.score}}{{if ge $s 99.0}}high{{else}}low{{end}}', 'high'],
      [
        '{{$p := .data}}{{$p.project}} {{$.env.key}} {{with .data.map}}{{.a}} {{$.env.key}}{{end}}',
        'sockshop s z s',
      ],
      ['{{range $i, $e := .data.list}}{{$i}}={{$e}}{{$.env.key}} {{end}}', '0=as 1=bs '],
      [
        '{{range $k, $v := .data.map}}{{$k}}{{$v}} {{end}}{{range $v := .data.list}}{{$v}}{{end}}',
        'az b1 ab',
      ],
      ['{{$x := 1}}{{if true}}{{$x = 2}}{{$y := 3}}{{$y}}{{end}}{{$x}}', '32'],
      ['{{with $q := .data.none}}{{$q}}{{else}}nothing{{end}}', 'nothing'],
      ['{{lt 1 2}} {{le 2 2}} {{gt 1 2}} {{lt "a" "b"}}', 'true true false true'],
    ];
    for (const [text, expected] of cases) assert.equal(render(text), expected, text);
  });

  it('refuses what is missing, broken or not supported, naming it', () => {
    const cases: [string, RegExp][] = [
      ['{{.data.nope}}', /no value at "nope"/],
      ['{{.data.project.x}}', /no value at "x"/],
      ['{{index .data.list 5}}', /cannot take index 5 of a list of 2/],
      ['{{.data.a-b}}', /by index/],
      ['{{exec "id"}}', /function "exec" is not supported/],
      ['{{template "x"}}', /\{\{template\}\} is not supported/],
      ['{{if .data.on}}x', /no \{\{end\}\}/],
      ['x{{end}}', /has no \{\{if\}\}/],
      ['{{.data', /never closed/],
      ['{{}}', /a value is missing/],
      ['{{id}}', /function "id" is not supported; use .* or write \.id for a value of the event/],
      ['{{$x}}', /variable "\$x" is not defined/],
      ['{{$x = 1}}', /cannot set a variable/],
      ['{{if true}}{{$x := 1}}{{end}}{{$x}}', /variable "\$x" is not defined/],
      ['{{if $a, $b := .data.map}}{{end}}', /cannot set variables/],
      ['{{ge .data.project 1}}', /cannot compare a string with a number/],
      ['{{.data.project | printf "%x"}}', /printf with %x/],
      ['{{range .data.project}}{{end}}', /cannot iterate over a string/],
    ];
    for (const [text, message] of cases) {
      assert.throws(
        () => render(text),
        (error) => error instanceof TemplateError && message.test(error.message),
        text,
      );
    }
  });

  it('never reaches what is not the data itself', () => {
    for (const key of ['constructor', '__proto__', 'toString']) {
      assert.throws(() => render(`{{.data.${key}}}`), TemplateError);
      assert.equal(render(`{{index .data "${key}"}}`), '<no value>');
    }
  });

  it('renders or throws its own error whatever it holds', () => {
    const part = fc.oneof(
      fc.string(),
      fc.constantFrom('{{', '}}', '{{if .data}}', '{{else}}', '{{end}}', '"', '`', '(', '| len', '.data'),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        try {
          render(parts.join(''));
        } catch (error) {
          assert.ok(error instanceof TemplateError, String(error));
        }
      }),
    );
  });
});
