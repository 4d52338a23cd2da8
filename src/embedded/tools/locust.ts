import type { Tool } from './tool.ts';
import { pythonVenv } from './venv-source.ts';

/** Locust, which runs the Python scripts of load tests. */
export const locust: Tool = {
  name: 'locust',
  pinned: '2.47.0',
  minimum: '2.8.0',
  programs: ['locust'],
  versionArgs: ['--version'],
  versionPattern: /locust (\d+\.\d+\.\d+)/,
  sources: [pythonVenv({ name: 'locust', version: '2.47.0' })],
  advice:
    'Install Python 3.11 or newer with venv, or Locust itself (`pip install locust`) so that `locust --version` works, or set SLIPWAY_CACHE to a directory that a machine with network access has filled.',
};
