import { alertmanager } from './alertmanager.ts';
import { jmeter } from './jmeter.ts';
import { locust } from './locust.ts';
import { prometheus } from './prometheus.ts';
import { temporal } from './temporal.ts';
import type { Tool } from './tool.ts';

/** Every external program that Slipway can find or fetch; `slipway doctor` goes through them. */
export const TOOLS = { temporal, prometheus, alertmanager, jmeter, locust } as const satisfies {
  [name: string]: Tool;
};

export type ToolName = keyof typeof TOOLS;
