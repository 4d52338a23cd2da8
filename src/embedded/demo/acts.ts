import type { Result } from '../../contracts/events.ts';

/** Project and service of the tour. */
export const PROJECT = 'podtato-head';
export const SERVICE = 'helloservice';
export const STAGES = ['hardening', 'production'] as const;
export type TourStage = (typeof STAGES)[number];

const IMAGE = 'ghcr.io/podtato-head/podtatoserver';

/** One act of the tour: what is delivered, and what must come of it. */
export interface Act {
  number: number;
  title: string;
  /** What happens, for someone who has never seen it. */
  story: string;
  image: string;
  /** Shipyard that is stored before the act begins. */
  shipyard: 'shipyard.yaml' | 'shipyard-with-approval.yaml';
  /** The tour approves in this stage by the call that `slipway approve` makes. */
  approves?: TourStage;
  expect: {
    /** Result of the evaluation in hardening. */
    evaluation: Result;
    /** Version that each stage serves at the end; asked of the running services. */
    serving: { [stage in TourStage]: string };
  };
}

/** The three acts; each one continues from where the one before has ended. */
export const ACTS: readonly Act[] = [
  {
    number: 1,
    title: 'a good build is promoted',
    story: 'v0.1.1 is deployed in hardening, put under load, judged, released, and goes on to production.',
    image: `${IMAGE}:v0.1.1`,
    shipyard: 'shipyard.yaml',
    expect: { evaluation: 'pass', serving: { hardening: 'v0.1.1', production: 'v0.1.1' } },
  },
  {
    number: 2,
    title: 'a slow build is stopped',
    story:
      'v0.1.2 takes 400 ms longer for each page; the gate fails it, hardening is rolled back, production never sees it.',
    image: `${IMAGE}:v0.1.2`,
    shipyard: 'shipyard.yaml',
    expect: { evaluation: 'fail', serving: { hardening: 'v0.1.1', production: 'v0.1.1' } },
  },
  {
    number: 3,
    title: 'a person decides',
    story: 'v0.1.3 passes the gate and waits in front of production until somebody approves it.',
    image: `${IMAGE}:v0.1.3`,
    shipyard: 'shipyard-with-approval.yaml',
    approves: 'production',
    expect: { evaluation: 'pass', serving: { hardening: 'v0.1.3', production: 'v0.1.3' } },
  },
];
