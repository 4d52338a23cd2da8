import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answers, run, succeeds } from './command.ts';
import { Processes } from './processes.ts';
import { program } from './programs.ts';
import { type ClusterSettings, statePath } from './settings.ts';

/** Where the kubeconfig of the cluster's administrator is written. */
export function kubeconfigPath(settings: ClusterSettings): string {
  return statePath(settings, 'kubeconfig');
}

/** Starts etcd, the API server, the controller manager and the scheduler as plain processes; what runs is left alone. */
export async function startControlPlane(settings: ClusterSettings): Promise<void> {
  const { ports, nodeIp } = settings;
  const processes = new Processes(settings);
  const pki = statePath(settings, 'pki');
  await createBridge(settings);
  if (!existsSync(join(pki, 'apiserver.crt'))) await createKeys(settings, pki);
  const token = writeKubeconfig(settings, pki);
  const etcd = `http://127.0.0.1:${ports.etcd}`;
  await processes.start('etcd', [
    program(settings, 'etcd'),
    `--name=${settings.name}`,
    `--data-dir=${statePath(settings, 'etcd')}`,
    `--listen-client-urls=${etcd}`,
    `--advertise-client-urls=${etcd}`,
    `--listen-peer-urls=http://127.0.0.1:${ports.etcdPeer}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${ports.etcdPeer}`,
    `--initial-cluster=${settings.name}=http://127.0.0.1:${ports.etcdPeer}`,
    // Lost writes after a power failure are no loss here, and every fsync costs time.
    '--unsafe-no-fsync',
  ]);
  await processes.ready('etcd', 30, () => answers(`${etcd}/health`));
  await processes.start('kube-apiserver', apiServer(settings, pki, etcd));
  const authorization = `Authorization: Bearer ${token}`;
  const readyz = [
    '-sf',
    '--max-time',
    '2',
    '--cacert',
    join(pki, 'ca.crt'),
    '-H',
    authorization,
    `https://${nodeIp}:${ports.api}/readyz`,
  ];
  await processes.ready('kube-apiserver', 90, () => succeeds('curl', readyz));
  const common = [
    `--kubeconfig=${kubeconfigPath(settings)}`,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
  ];
  await processes.start('kube-controller-manager', [
    program(settings, 'kube-controller-manager'),
    ...common,
    `--secure-port=${ports.controllerManager}`,
    `--cert-dir=${join(pki, 'controller-manager')}`,
    `--root-ca-file=${join(pki, 'ca.crt')}`,
    `--service-account-private-key-file=${join(pki, 'sa.key')}`,
    '--use-service-account-credentials=false',
    '--allocate-node-cidrs=false',
    '--controllers=*,-nodeipam,-node-route-controller,-cloud-node-lifecycle',
  ]);
  await processes.start('kube-scheduler', [
    program(settings, 'kube-scheduler'),
    ...common,
    `--secure-port=${ports.scheduler}`,
    `--cert-dir=${join(pki, 'scheduler')}`,
  ]);
}

/**
 * The bridge is there before the first pod, because API server and kubelet bind to its address. The blackhole routes keep a
 * packet for a pod or Service that does not exist from leaving by the default route.
 */
async function createBridge(settings: ClusterSettings): Promise<void> {
  const ip = program(settings, 'ip');
  await run('sysctl', ['-qw', 'net.ipv4.ip_forward=1']);
  if (!(await succeeds(ip, ['link', 'show', settings.name])))
    await run(ip, ['link', 'add', settings.name, 'type', 'bridge']);
  await run(ip, ['addr', 'replace', `${settings.nodeIp}/24`, 'dev', settings.name]);
  await run(ip, ['link', 'set', settings.name, 'up']);
  await run(ip, ['route', 'replace', 'blackhole', `${settings.podNet}.0/24`, 'metric', '4096']);
  await run(ip, ['route', 'replace', 'blackhole', settings.serviceCidr, 'metric', '4096']);
}

/** A loopback bind-address is refused as endpoint of the Service `kubernetes`, and pods could not use it. */
function apiServer(settings: ClusterSettings, pki: string, etcd: string): string[] {
  return [
    program(settings, 'kube-apiserver'),
    `--etcd-servers=${etcd}`,
    `--bind-address=${settings.nodeIp}`,
    `--advertise-address=${settings.nodeIp}`,
    `--secure-port=${settings.ports.api}`,
    `--tls-cert-file=${join(pki, 'apiserver.crt')}`,
    `--tls-private-key-file=${join(pki, 'apiserver.key')}`,
    `--service-cluster-ip-range=${settings.serviceCidr}`,
    '--allow-privileged=true',
    `--service-account-key-file=${join(pki, 'sa.pub')}`,
    `--service-account-signing-key-file=${join(pki, 'sa.key')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--token-auth-file=${join(pki, 'tokens.csv')}`,
    `--kubelet-client-certificate=${join(pki, 'kubelet-client.crt')}`,
    `--kubelet-client-key=${join(pki, 'kubelet-client.key')}`,
    `--kubelet-certificate-authority=${join(pki, 'ca.crt')}`,
    '--kubelet-preferred-address-types=InternalIP',
    '--authorization-mode=Node,RBAC',
  ];
}

async function createKeys(settings: ClusterSettings, pki: string): Promise<void> {
  mkdirSync(pki, { recursive: true, mode: 0o700 });
  const openssl = (...args: string[]): Promise<string> => run('openssl', args, { cwd: pki });
  const newKey = ['req', '-newkey', 'rsa:2048', '-nodes'];
  await openssl(
    ...newKey,
    '-x509',
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
    '-days',
    '365',
    '-subj',
    '/CN=slipway-test-ca',
  );
  const sign = async (name: string, subject: string, names: string): Promise<void> => {
    await openssl(...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject);
    writeFileSync(
      join(pki, `${name}.ext`),
      `subjectAltName=${names}\nextendedKeyUsage=serverAuth,clientAuth\n`,
    );
    const authority = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'];
    const request = ['-in', `${name}.csr`, '-days', '365', '-out', `${name}.crt`, '-extfile', `${name}.ext`];
    await openssl('x509', '-req', ...authority, ...request);
  };
  const { nodeIp, name } = settings;
  await sign('kubelet', `/CN=${name}`, `IP:${nodeIp},IP:127.0.0.1,DNS:${name}`);
  await sign('kubelet-client', '/O=system:masters/CN=apiserver', 'DNS:apiserver');
  await openssl('genrsa', '-out', 'sa.key', '2048');
  await openssl('rsa', '-in', 'sa.key', '-pubout', '-out', 'sa.pub');
  writeFileSync(
    join(pki, 'tokens.csv'),
    `${randomBytes(16).toString('hex')},admin,admin,"system:masters"\n`,
    { mode: 0o600 },
  );
  // The first address of the Service range is the address of the API inside the cluster.
  const inCluster = settings.serviceCidr.replace(/\d+\/\d+$/, '1');
  const domain = 'kubernetes.default.svc';
  await sign(
    'apiserver',
    '/CN=kube-apiserver',
    `IP:${nodeIp},IP:127.0.0.1,IP:${inCluster},DNS:localhost,DNS:${domain}`,
  );
}

function writeKubeconfig(settings: ClusterSettings, pki: string): string {
  const token = readFileSync(join(pki, 'tokens.csv'), 'utf8').split(',')[0] ?? '';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'test',
        cluster: {
          server: `https://${settings.nodeIp}:${settings.ports.api}`,
          'certificate-authority': join(pki, 'ca.crt'),
        },
      },
    ],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
    'current-context': 'test',
  };
  // In one step: whoever starts the cluster again must not take the file away from those who are using it.
  const fresh = `${kubeconfigPath(settings)}.${process.pid}`;
  writeFileSync(fresh, JSON.stringify(config, null, 2), { mode: 0o600 });
  renameSync(fresh, kubeconfigPath(settings));
  return token;
}
