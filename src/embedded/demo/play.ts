import axios from 'axios';
import type { Run, SlipwayClient } from '../../client/index.ts';
import type { KeptnEvent } from '../../contracts/events.ts';
import { isJsonObject } from '../../contracts/json.ts';
import { type Act, PROJECT, SERVICE, STAGES, type TourStage } from './acts.ts';
import { setShipyard } from './project.ts';

/** What an act came to. */
export interface ActOutcome {
  act: Act;
  run: Run;
  evaluation: KeptnEvent | undefined;
  /** Version that each running service answered. */
  serving: { [stage in TourStage]: string };
  /** Sentences about what is not as told; empty when the act went as it should. */
  differences: string[];
}

/** What playing an act needs from outside. */
export interface Stage {
  client: SlipwayClient;
  signal: AbortSignal;
  onEvent: (event: KeptnEvent) => void;
  note: (text: string) => void;
}

/** Plays one act: triggers the delivery, approves where the act says so, waits for the end, and asks the services. */
export async function playAct(act: Act, stage: Stage): Promise<ActOutcome> {
  const { client, signal, onEvent } = stage;
  await setShipyard(client, act.shipyard);
  const { keptnContext } = await client.triggerDelivery({
    project: PROJECT,
    service: SERVICE,
    image: act.image,
  });
  let approval: Promise<void> | undefined;
  const run = await client.waitForDelivery(keptnContext, {
    signal,
    pollMs: 250,
    onEvent: (event) => {
      onEvent(event);
      if (event.type === 'sh.keptn.event.approval.started') approval ??= approve(event, stage);
    },
  });
  await approval;
  const evaluations = await client.events({ keptnContext, type: 'sh.keptn.event.evaluation.finished' });
  const evaluation = evaluations.find((event) => event.data.stage === 'hardening');
  const serving = await versionsServed(client);
  const differences = compare(act, { evaluation, serving, approved: approval !== undefined });
  return { act, run, evaluation, serving, differences };
}

/** The same call that `slipway approve` makes. */
async function approve(started: KeptnEvent, { client, note }: Stage): Promise<void> {
  note('the run waits for a person; the tour now approves it, as `slipway approve` would');
  await client.approve({
    project: PROJECT,
    stage: started.data.stage,
    keptnContext: started.shkeptncontext,
    by: 'the tour',
    reason: 'the gate has passed it',
  });
}

/** Asks the services themselves, through the address that users call. */
async function versionsServed(client: SlipwayClient): Promise<{ [stage in TourStage]: string }> {
  const [hardening, production] = await Promise.all(STAGES.map((stage) => versionServed(client, stage)));
  return { hardening: hardening ?? 'nothing', production: production ?? 'nothing' };
}

async function versionServed(client: SlipwayClient, stage: TourStage): Promise<string> {
  const url = await serviceUrl(client, stage);
  if (url === undefined) return 'nothing';
  const page = await axios.get<string>(url, {
    timeout: 10_000,
    maxContentLength: 100_000,
    responseType: 'text',
  });
  return /Version <strong>(v[\d.]+)/.exec(page.data)?.[1] ?? 'an unknown page';
}

/** Address of a stage's service, as the newest deployment that worked told it. */
export async function serviceUrl(client: SlipwayClient, stage: TourStage): Promise<string | undefined> {
  const type = 'sh.keptn.event.deployment.finished';
  for (const { data } of await client.events({ project: PROJECT, stage, service: SERVICE, type })) {
    const uris = isJsonObject(data.deployment) ? data.deployment.deploymentURIsPublic : undefined;
    const [first] = Array.isArray(uris) ? uris : [];
    if (typeof first === 'string') return first;
  }
  return undefined;
}

function compare(
  act: Act,
  found: { evaluation: KeptnEvent | undefined; serving: ActOutcome['serving']; approved: boolean },
): string[] {
  const differences: string[] = [];
  const result = found.evaluation?.data.result ?? 'none';
  if (result !== act.expect.evaluation) {
    differences.push(`the evaluation in hardening is ${result}, not ${act.expect.evaluation}`);
  }
  for (const stage of STAGES) {
    const [is, wanted] = [found.serving[stage], act.expect.serving[stage]];
    if (is !== wanted) differences.push(`${stage} serves ${is}, not ${wanted}`);
  }
  if (act.approves !== undefined && !found.approved) differences.push('no approval was asked for');
  return differences;
}
