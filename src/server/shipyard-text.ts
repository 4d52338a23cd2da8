import { formatProblem } from '../files/problem.ts';
import { parseShipyard } from '../files/shipyard.ts';
import type { Shipyard } from '../sequence/types.ts';
import { ApiError } from './errors.ts';

const BASE64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;

/** The text of a base64 field; throws ApiError 400. */
export function decodeBase64(text: string, what: string): Buffer {
  if (BASE64.test(text)) return Buffer.from(text, 'base64');
  throw new ApiError(400, `Could not validate payload: ${what} is not base64`);
}

/** A shipyard that can be run; throws ApiError 400 with Keptn's beginning and the place of each problem. */
export function usableShipyard(text: string): Shipyard {
  const { shipyard, problems } = parseShipyard(text, { file: 'shipyard.yaml' });
  if (shipyard !== undefined) return shipyard;
  const errors = problems.filter((problem) => problem.severity === 'error').map(formatProblem);
  throw new ApiError(
    400,
    `Could not validate payload: provided shipyard file is not valid: ${errors.join('; ')}`,
  );
}

/** Stage names in file order. */
export function stageNames(shipyard: Shipyard): string[] {
  return shipyard.stages.map((stage) => stage.name);
}

/** For each stage those whose sequences it listens to, without itself; nothing for a shipyard that cannot be read. */
export function parentStages(text: string): Map<string, string[]> {
  const { shipyard } = parseShipyard(text, { file: 'shipyard.yaml' });
  return new Map(
    (shipyard?.stages ?? []).map((stage) => {
      const parents = stage.sequences
        .flatMap((sequence) => sequence.triggeredOn)
        .map((trigger) => trigger.event.split('.', 1)[0] ?? '')
        .filter((name) => name !== stage.name && name !== '');
      return [stage.name, [...new Set(parents)]];
    }),
  );
}
