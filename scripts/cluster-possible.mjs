// Whether this machine can bring up a cluster of plain processes; runs on any Node from 18 on.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const works = (command, args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** A sentence without its end when there is no cluster to be had here; undefined when there is. */
export function whyNoCluster(env = process.env) {
  if (env.SLIPWAY_KUBECONFIG) return undefined;
  if (env.SLIPWAY_SKIP_CLUSTER) return 'SLIPWAY_SKIP_CLUSTER is set';
  if (process.platform !== 'linux')
    return `a cluster of plain processes needs Linux, and this is ${process.platform}`;
  if (process.getuid?.() !== 0)
    return 'a cluster of plain processes needs root; or name one by SLIPWAY_KUBECONFIG';
  if (!works('go', ['version'])) return 'Go is missing, which builds the programs of the cluster';
  if (!works('apt-get', ['--version'])) return 'apt-get is missing, which installs etcd, containerd and runc';
  return whyNoPods();
}

/** Root in a container may lack what pods need: network devices and mounts. */
function whyNoPods() {
  const name = `slw${process.pid}`.slice(0, 15);
  if (!existsSync('/sys/fs/cgroup')) return 'there are no cgroups under /sys/fs/cgroup';
  if (works('ip', ['-V'])) {
    if (!works('ip', ['link', 'add', name, 'type', 'bridge']))
      return 'this root may not make network devices';
    works('ip', ['link', 'del', name]);
  }
  const folder = mkdtempSync(join(tmpdir(), 'slipway-mount-'));
  const mounted = works('mount', ['-t', 'tmpfs', 'none', folder]);
  if (mounted) works('umount', [folder]);
  rmdirSync(folder);
  return mounted ? undefined : 'this root may not mount';
}
