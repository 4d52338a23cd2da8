import { debianPackage } from './debian-source.ts';
import type { Tool } from './tool.ts';

/** Alertmanager, which turns Prometheus' alerts into webhook calls. Debian names the program prometheus-alertmanager. */
export const alertmanager: Tool = {
  name: 'alertmanager',
  pinned: '0.25.0',
  revision: 2, // the first one could not find its templates
  minimum: '0.22.0',
  programs: ['alertmanager', 'prometheus-alertmanager'],
  versionArgs: ['--version'],
  versionPattern: /alertmanager, version (\d+\.\d+\.\d+)/,
  sources: [
    // Its templates lie where root would have installed them.
    debianPackage(
      'prometheus-alertmanager',
      'usr/bin/prometheus-alertmanager',
      '/usr/share/prometheus/alertmanager',
    ),
  ],
  advice:
    'Install Alertmanager 0.22 or newer (https://prometheus.io/download) so that `alertmanager --version` works, or set SLIPWAY_CACHE to a directory that a machine with network access has filled.',
};
