import assert from 'node:assert/strict';
import { killPoints, setStage, tellAll } from './campaign.ts';
import { Lane } from './killing.ts';
import { SCENARIOS } from './scenarios.ts';

const WIDTH = Number(process.env.DURABILITY_LANES ?? 4);
const ONLY = process.env.DURABILITY_SCENARIO;
const EVERY = Number(process.env.DURABILITY_EVERY ?? 1);

describe('a worker killed with SIGKILL', function () {
  this.timeout(1_800_000);
  let stage: Awaited<ReturnType<typeof setStage>>;
  before(async () => {
    stage = await setStage();
  });
  after(async () => {
    await stage?.close();
  });

  for (const scenario of SCENARIOS.filter(({ name }) => ONLY === undefined || ONLY === name)) {
    it(`after every event and every effect of ${scenario.name} changes nothing of its outcome`, async () => {
      const lane = new Lane(stage);
      const expected = await lane.tell(scenario, { after: 'nothing' });
      await lane.close();
      const points = killPoints(expected).filter((_point, index) => index % EVERY === 0);
      const since = performance.now();
      const { kills, differences } = await tellAll(stage, scenario, { points, expected, width: WIDTH });
      const seconds = ((performance.now() - since) / 1000).toFixed(0);
      console.log(
        `      ${scenario.name}: ${points.length} points, ${kills} kills, ${seconds} s`,
        expected.lengths,
      );
      assert.deepEqual(differences, []);
    });
  }
});
