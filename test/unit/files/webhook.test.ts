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
`;
    const problems = problemsOf(text).join('\n');
    assert.match(problems, /webhook\.yaml:1:13: error: apiVersion: apiVersion "v2" is not known/);
    assert.match(problems, /:2:7: error: kind: kind must be WebhookConfig/);
    assert.match(problems, /:5:12: warning: .*unknown key "typ"/);
    assert.match(problems, /:5:7: error: .*type is missing/);
    assert.match(problems, /:7:11: error: .*must begin with curl, got "wget"/);
    assert.match(problems, /:8:11: error: .*the method "DELETE" is not allowed/);
    assert.match(problems, /:9:11: error: .*never closed/);
    assert.match(problems, /:10:11: error: .*payload from a file/);
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
      ['{{$x := 1}}', /cannot read/],
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
