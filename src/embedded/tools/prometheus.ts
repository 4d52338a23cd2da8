import { debianPackage } from './debian-source.ts';
import type { Tool } from './tool.ts';

/** Prometheus, which scrapes the services of the embedded platform. */
export const prometheus: Tool = {
  name: 'prometheus',
  pinned: '2.42.0',
  minimum: '2.26.0',
  programs: ['prometheus'],
  versionArgs: ['--version'],
  versionPattern: /prometheus, version (\d+\.\d+\.\d+)/,
  sources: [debianPackage('prometheus', 'usr/bin/prometheus')],
  advice:
    'Install Prometheus 2.26 or newer (https://prometheus.io/download) so that `prometheus --version` works, or set SLIPWAY_CACHE to a directory that a machine with network access has filled.',
};
