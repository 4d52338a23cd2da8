// Tells each story once, undisturbed, and writes the histories of its workflows. Started by scripts/record-histories.mjs.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setStage } from '../durability/campaign.ts';
import { Lane } from '../durability/killing.ts';
import { SCENARIOS } from '../durability/scenarios.ts';
import { HISTORIES, toJson } from './histories.ts';

const stage = await setStage();
const lane = new Lane(stage);
try {
  await mkdir(HISTORIES, { recursive: true });
  for (const scenario of SCENARIOS) {
    const { workflows } = await lane.tell(scenario, { after: 'nothing' });
    for (const [name, workflowId] of Object.entries(workflows)) {
      const history = await stage.client.workflow.getHandle(workflowId).fetchHistory();
      const file = `${scenario.name}.${name.replaceAll(/[^\w.-]+/g, '-')}.json`;
      await writeFile(
        join(HISTORIES, file),
        `${JSON.stringify({ workflowId, history: toJson(history) }, null, 1)}\n`,
      );
      console.log(`${file}: ${history.events?.length ?? 0} events`);
    }
  }
} finally {
  await lane.close();
  await stage.close();
}
