import assert from 'node:assert/strict';
import { killPoints, setStage, tellAll } from '../durability/campaign.ts';
import { Lane } from '../durability/killing.ts';
import { SCENARIOS } from '../durability/scenarios.ts';

/** Two stories, and every so many of the events of their runs and of what they write to the outside; scripts/durability.mjs takes all. */
const EVERY = { responder: 6, abort: 9 };

describe('a worker killed with SIGKILL, in short', function () {
  this.timeout(180_000);
  let stage: Awaited<ReturnType<typeof setStage>>;
  before(async () => {
    stage = await setStage();
  });
  after(async () => {
    await stage?.close();
  });

  for (const [name, every] of Object.entries(EVERY)) {
    it(`changes nothing of the outcome of ${name}`, async () => {
      const scenario = SCENARIOS.find((candidate) => candidate.name === name);
      assert.ok(scenario);
      const lane = new Lane(stage);
      const expected = await lane.tell(scenario, { after: 'nothing' }).finally(() => lane.close());
      const points = killPoints(expected)
        .filter((point) => !('of' in point) || point.of !== 'queue')
        .filter((_point, index) => index % every === 0);
      const { kills, differences } = await tellAll(stage, scenario, { points, expected, width: 4 });
      assert.deepEqual(differences, []);
      assert.ok(kills > points.length / 2, `${kills} kills at ${points.length} points`);
    });
  }
});
