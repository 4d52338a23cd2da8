import { existsSync, readFileSync } from 'node:fs';
import type { JsonObject } from '../../../src/sequence/json.ts';
import type { ScriptedResponse } from '../../../src/sequence/simulate.ts';

/** One scripted step of a control, queue or time case. */
export interface VectorStep {
  action: string;
  context?: string;
  stage?: string;
  sequence?: string;
  service?: string;
  event?: string;
  source?: string;
  triggeredid?: string;
  state?: string;
  status?: string;
  result?: string;
  message?: string;
  duration?: string;
  task?: string;
  count?: number;
}

/** One case of the shared vectors; which fields it has depends on its kind. */
export interface Vector {
  id: string;
  kind: 'flow' | 'steps' | 'completeTask' | 'nextPayload';
  name: string;
  shipyard: JsonObject;
  trigger: { type: string; data: JsonObject };
  responses: ScriptedResponse[];
  steps: VectorStep[];
  input: JsonObject;
  expected: JsonObject & {
    order?: string[];
    events?: JsonObject[];
    unorderedAfter?: number;
    finalStates?: { [context: string]: string };
    sent?: never[];
    error?: string;
  };
}

const FILE = new URL('../../../../shared/conformance/shipyard-vectors.json', import.meta.url);

/** The shared vectors, or why they cannot be read here. */
export function readVectors(): { cases: Vector[]; missing?: string } {
  if (!existsSync(FILE)) return { cases: [], missing: `conformance vectors are not at ${FILE.pathname}` };
  return { cases: JSON.parse(readFileSync(FILE, 'utf8')).cases };
}
