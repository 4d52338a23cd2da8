import { isOpenSlo, parseOpenSlo } from '../../files/openslo.ts';
import { type ParsedSlo, parseSlo } from '../../files/slo.ts';
import { type CompiledSlo, compileSlo } from '../../gate/compile.ts';

/** A slo.yaml parsed and with its criteria compiled. */
export interface PreparedSlo {
  readonly parsed: ParsedSlo;
  readonly compiled: CompiledSlo | null;
}

/** Parses a slo.yaml and compiles its criteria. */
export function prepareSlo(text: string | null, file = 'slo.yaml'): PreparedSlo {
  return compiled(parseSlo(text, { file }));
}

/** Parses a slo.yaml or an OpenSLO document, whichever the text is, and compiles its criteria. */
export function prepareGateFile(text: string, file: string): PreparedSlo {
  return isOpenSlo(text) ? compiled(parseOpenSlo(text, { file })) : prepareSlo(text, file);
}

function compiled(parsed: ParsedSlo): PreparedSlo {
  return { parsed, compiled: parsed.slo === null ? null : compileSlo(parsed.slo) };
}

const MAX_ENTRIES = 64;
const MAX_TEXT_LENGTH = 64 * 1024;

/** Remembers the most recent slo.yaml texts, because a batch mostly repeats a few; bounded in memory. */
export class SloCache {
  readonly #entries = new Map<string, PreparedSlo>();

  prepare(text: string | null): PreparedSlo {
    if (text === null || text.length > MAX_TEXT_LENGTH) return prepareSlo(text);
    const known = this.#entries.get(text);
    if (known !== undefined) return known;
    const prepared = prepareSlo(text);
    if (this.#entries.size >= MAX_ENTRIES) this.#forgetOldest();
    this.#entries.set(text, prepared);
    return prepared;
  }

  #forgetOldest(): void {
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
  }
}
