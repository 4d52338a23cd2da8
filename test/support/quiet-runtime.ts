import { DefaultLogger, Runtime } from '@temporalio/worker';

let installed = false;

/** Lets the SDK log errors only; it can be told once per process and before any worker, so all tests ask here. */
export function quietRuntime(): void {
  if (installed) return;
  installed = true;
  Runtime.install({ logger: new DefaultLogger('ERROR') });
}
