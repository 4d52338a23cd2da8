import { strict as assert } from 'node:assert';
import { KubernetesApi } from '../../src/activities/kubernetes/kubernetes-api.ts';
import { RESOURCES } from '../../src/activities/kubernetes/resources.ts';
import type { Finding } from '../../src/cli/doctor/check.ts';
import { FakeKeptnApi } from '../fakes/keptn-api.ts';
import { CliSandbox } from '../unit/cli/run-cli.ts';
import { GATEWAY_API_GATEWAY, ISTIO_GATEWAY_NAME } from './istio.ts';
import { limitedKubeconfig } from './limited-kubeconfig.ts';
import { findHelm } from './programs.ts';
import { clusterSettings } from './settings.ts';
import { clusterTarget } from './target.ts';

const target = clusterTarget();
const NAMESPACE = `doctor-${process.pid}`;

describe('slipway doctor --cluster', function () {
  this.timeout(60_000);
  const sandbox = new CliSandbox();
  const api = KubernetesApi.load(target.kubeconfig);
  const settings = clusterSettings();
  const own = {
    SLIPWAY_HELM: findHelm(settings) ?? 'helm',
    SLIPWAY_GATEWAY: ISTIO_GATEWAY_NAME,
    SLIPWAY_ENVOY_ADMIN: `http://127.0.0.1:${settings.ports.envoyAdmin}`,
  };

  before(async function () {
    if (process.env.SLIPWAY_KUBECONFIG) {
      console.log('    skipped: it looks for the gateways of the own cluster (unset SLIPWAY_KUBECONFIG)');
      this.skip();
    }
    await api.create({ resource: RESOURCES.namespace }, { metadata: { name: NAMESPACE } });
  });
  after(async () => {
    await api.delete({ resource: RESOURCES.namespace, name: NAMESPACE });
    sandbox.remove();
  });

  const doctor = async (
    env: { [name: string]: string },
    kubeconfig = target.kubeconfig,
    namespaces = NAMESPACE,
  ): Promise<{ code: number | null; findings: Map<string, Finding> }> => {
    sandbox.env = { ...own, ...env, KUBECONFIG: kubeconfig };
    const { code, stdout, stderr } = await sandbox.run([
      'doctor',
      '--cluster',
      `--namespaces=${namespaces}`,
      '-o',
      'json',
    ]);
    assert.ok(stdout.startsWith('['), stderr);
    const list = JSON.parse(stdout) as Finding[];
    return { code, findings: new Map(list.map((finding) => [finding.check, finding])) };
  };

  it('finds all well for an account that may do everything, with both routers', async () => {
    const istio = await doctor({});
    assert.equal(istio.code, 0, JSON.stringify([...istio.findings]));
    const gatewayApi = await doctor({
      SLIPWAY_TRAFFIC: 'gateway-api',
      SLIPWAY_GATEWAY: `${GATEWAY_API_GATEWAY.namespace}/${GATEWAY_API_GATEWAY.name}`,
    });
    assert.equal(gatewayApi.code, 0, JSON.stringify([...gatewayApi.findings]));
    assert.match(istio.findings.get('Kubernetes')?.detail ?? '', /^v1\.\d+/);
    assert.match(istio.findings.get('helm')?.detail ?? '', /^v[34]\./);
  });

  it('names every right that an account lacks, and what it may not see', async () => {
    const reader = await limitedKubeconfig(target.kubeconfig, NAMESPACE);
    const { code, findings } = await doctor({}, reader, `${NAMESPACE},doctor-nowhere`);
    assert.equal(code, 2);
    const { detail = '', hint = '' } = findings.get(`namespace ${NAMESPACE}`) ?? {};
    assert.match(detail, /create deployments\.apps/);
    assert.match(detail, /patch virtualservices\.networking\.istio\.io/);
    assert.doesNotMatch(detail, /get deployments|list pods/);
    assert.match(hint, /projectNamespaces/);
    assert.equal(findings.get('namespace doctor-nowhere')?.status, 'error');
    assert.equal(findings.get('gateway')?.status, 'warning');
  });

  it('asks the API which projects and stages there are, and says when it cannot', async () => {
    const known = await FakeKeptnApi.start();
    try {
      sandbox.env = { ...own, KUBECONFIG: target.kubeconfig, SLIPWAY_TOKEN: known.token };
      const argv = ['doctor', '--cluster', '-o', 'json', '--endpoint'];
      const asked = JSON.parse((await sandbox.run([...argv, known.endpoint])).stdout) as Finding[];
      const checks = asked.map(({ check }) => check);
      assert.ok(checks.includes('namespace tour-hardening') && checks.includes('namespace tour-production'));
      const nobody = await sandbox.run([...argv, 'http://127.0.0.1:9']);
      assert.equal(nobody.code, 1, nobody.stderr);
      const warnings = (JSON.parse(nobody.stdout) as Finding[]).filter(({ status }) => status === 'warning');
      assert.deepEqual(
        warnings.map(({ check }) => check),
        ['API', 'namespaces'],
      );
    } finally {
      await known.stop();
    }
  });

  it('tells a missing namespace from one that the first delivery makes', async () => {
    const { findings, code } = await doctor({}, undefined, 'doctor-nowhere');
    assert.equal(code, 0);
    assert.match(findings.get('namespace doctor-nowhere')?.detail ?? '', /the first delivery makes it/);
  });

  const broken: [string, { [name: string]: string }, string, RegExp][] = [
    [
      'a Gateway that is not there',
      { SLIPWAY_GATEWAY: 'istio-system/none' },
      'gateway',
      /no Gateway istio-system\/none/,
    ],
    ['a helm that is not there', { SLIPWAY_HELM: '/nowhere/helm' }, 'helm', /\/nowhere\/helm is not there/],
    [
      'a place of probes that answers nothing',
      { SLIPWAY_ENVOY_ADMIN: 'http://127.0.0.1:1' },
      'observation',
      /ECONNREFUSED/,
    ],
    ['a setting that cannot be read', { SLIPWAY_TRAFFIC: 'nginx' }, 'settings', /SLIPWAY_TRAFFIC is nginx/],
  ];
  for (const [what, env, check, detail] of broken) {
    it(`finds ${what}`, async () => {
      const { code, findings } = await doctor(env);
      assert.equal(code, 2);
      assert.equal(findings.get(check)?.status, 'error');
      assert.match(findings.get(check)?.detail ?? '', detail);
      assert.ok(findings.get(check)?.hint);
    });
  }

  it('says that no API server answers, and looks no further', async () => {
    const { code, findings } = await doctor({}, '/nowhere/kubeconfig');
    assert.equal(code, 2);
    assert.deepEqual([...findings.keys()], ['helm', 'Kubernetes']);
  });
});
