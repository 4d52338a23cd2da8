import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { setStage } from './campaign.ts';
import { Lane } from './killing.ts';
import { SCENARIOS } from './scenarios.ts';
import { World } from './world.ts';

const EVERY = Number(process.env.DURABILITY_SERVER_EVERY ?? 4);
const ONLY = process.env.DURABILITY_SCENARIO;

describe('a Temporal server killed with SIGKILL', function () {
  this.timeout(900_000);
  let stage: Awaited<ReturnType<typeof setStage>>;
  let lane: Lane;
  before(async () => {
    stage = await setStage({ inMemory: false });
    lane = new Lane(stage);
  });
  after(async () => {
    await lane?.close();
    await stage?.close();
  });

  for (const scenario of SCENARIOS.filter(({ name }) => ONLY === undefined || ONLY === name)) {
    it(`and started again in the middle of ${scenario.name} changes nothing of its outcome`, async () => {
      const expected = await lane.tell(scenario, { after: 'nothing' });
      let kills = 0;
      for (let count = 1; count < expected.happenings; count += EVERY) {
        const request = scenario.request();
        const others = scenario.others?.(request) ?? [];
        const worlds = [request, ...others].map(({ input }) => new World(stage.directory, input.service));
        const happenings = () => worlds.reduce((sum, world) => sum + world.read().length, 0);
        const [told] = await Promise.all([
          lane.tell({ ...scenario, request: () => request, others: () => others }, { after: 'nothing' }),
          eventually(`happening ${count}`, () => happenings() >= count, 60_000)
            .then(() => stage.killServer())
            .then(() => {
              kills += 1;
            }),
        ]);
        assert.deepEqual(told.outcome, expected.outcome, `killed after happening ${count}`);
      }
      console.log(`      ${scenario.name}: ${kills} kills of the server`);
    });
  }
});
