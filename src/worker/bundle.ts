import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

/** The prebuilt bundle beside the compiled code; made by `npm run build` with the very same SDK version. */
export const WORKFLOW_BUNDLE_PATH = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));

/** Slipway's workflows, as source in a checkout's tests and compiled everywhere else. */
const WORKFLOWS_PATH = fileURLToPath(
  new URL(`../workflows/index.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url),
);

/** Bundles the workflow code; takes a second or two, so a process or a test run does it once. */
export async function bundleWorkflows(workflowsPath = WORKFLOWS_PATH): Promise<string> {
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: silent });
  return code;
}

/** The prebuilt bundle; from uncompiled source, where there is none, one that is made now. */
export async function findWorkflowBundle(): Promise<{ codePath: string } | { code: string }> {
  if (existsSync(WORKFLOW_BUNDLE_PATH)) return { codePath: WORKFLOW_BUNDLE_PATH };
  if (import.meta.url.endsWith('.ts')) return { code: await bundleWorkflows() };
  throw new Error(`the workflow bundle ${WORKFLOW_BUNDLE_PATH} is missing; build it with \`npm run build\``);
}

/** Writes the prebuilt bundle; called by the build. */
export async function writeWorkflowBundle(): Promise<void> {
  await writeFile(WORKFLOW_BUNDLE_PATH, await bundleWorkflows());
}

const nothing = (): void => undefined;

/** The bundler reports every webpack step; what matters arrives as an error. */
const silent = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
