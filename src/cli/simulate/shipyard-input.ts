import { formatProblem, hasErrors } from '../../files/problem.ts';
import { type ParsedShipyard, parseShipyard } from '../../files/shipyard.ts';
import type { Shipyard } from '../../sequence/types.ts';
import { SimulateInputError } from './errors.ts';

/** Reads a shipyard that has to be usable. @throws SimulateInputError with every error on a line of its own */
export function usableShipyard(text: string, file: string): ParsedShipyard & { shipyard: Shipyard } {
  const { shipyard, problems } = parseShipyard(text, { file });
  if (shipyard !== undefined) return { shipyard, problems };
  const errors = problems.filter((problem) => hasErrors([problem]));
  throw new SimulateInputError(errors.map(formatProblem).join('\n'));
}
