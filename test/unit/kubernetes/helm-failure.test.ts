import { strict as assert } from 'node:assert';
import { PlatformRetryableError, PlatformTerminalError } from '../../../src/activities/platform/errors.ts';
import { helmFailure } from '../../../src/activities/platform/helm/helm-failure.ts';

const said = (stderr: string): string => helmFailure(['upgrade', 'shop-dev-carts', '/tmp/x'], stderr).message;

describe('what helm refuses', () => {
  for (const [what, stderr, hint] of [
    [
      'a removed version of a kind',
      'Error: unable to build kubernetes objects from release manifest: resource mapping not found for name: "carts-db" namespace: "" from "": no matches for kind "Deployment" in version "extensions/v1beta1"\nensure CRDs are installed first',
      /; Kubernetes no longer has this version: write apps\/v1, which needs spec\.selector in the chart$/,
    ],
    [
      'a kind that the cluster does not know',
      'Error: no matches for kind "ServiceMonitor" in version "monitoring.coreos.com/v1"',
      /; install the CustomResourceDefinition of ServiceMonitor/,
    ],
    [
      'a missing dependency',
      'Error: found in Chart.yaml, but missing in charts/ directory: redis',
      /; run `helm dependency update`/,
    ],
    [
      'a schema that forbids the values of a delivery',
      "Error: values don't meet the specifications of the schema(s):\ncarts:\n- at '': additional properties 'keptn' not allowed\n",
      /; allow the object keptn in the chart's values\.schema\.json/,
    ],
    [
      'a template that cannot be rendered',
      'Error: carts/templates/d.yaml:17:26\n  executing "carts/templates/d.yaml" at <.Values.a.b>:\n    nil pointer evaluating interface {}.b\n\nUse --debug flag to render out invalid YAML',
      /carts\/templates\/d\.yaml:17:26.*interface \{\}\.b; correct this template of the chart/s,
    ],
    [
      'an object of somebody else',
      'Error: Service "carts" in namespace "shop-dev" exists and cannot be imported into the current release: invalid ownership metadata',
      /; it belongs to somebody else/,
    ],
    ['a missing right', 'Error: pods is forbidden: User "x" cannot list', /; grant the verb/],
  ] as const) {
    it(`is told with what to do: ${what}`, () => {
      assert.match(said(stderr), hint);
      assert.match(said(stderr), /^helm upgrade shop-dev-carts: /);
      assert.ok(helmFailure(['upgrade', 'x'], stderr) instanceof PlatformTerminalError);
    });
  }

  it('is tried again when the API server could not be reached', () => {
    assert.ok(
      helmFailure(['upgrade', 'x'], 'Error: Kubernetes cluster unreachable') instanceof
        PlatformRetryableError,
    );
  });
});
