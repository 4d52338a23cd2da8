/**
 * Counts decoded nodes and stops documents that grow by aliases, with the limits of Go's yaml.v3: up to
 * 400,000 nodes 99 % may come from aliases, from 4,000,000 on 10 %, linear in between.
 */
export class AliasBudget {
  #decoded = 0;
  #fromAliases = 0;

  /** Counts one node; false when the document expands too much and decoding must stop. */
  spend(insideAlias: boolean): boolean {
    this.#decoded++;
    if (insideAlias) this.#fromAliases++;
    if (this.#fromAliases <= 100 || this.#decoded <= 1000) return true;
    return this.#fromAliases / this.#decoded <= allowedRatio(this.#decoded);
  }
}

function allowedRatio(decoded: number): number {
  if (decoded <= 400_000) return 0.99;
  if (decoded >= 4_000_000) return 0.1;
  return 0.99 - 0.89 * ((decoded - 400_000) / 3_600_000);
}
