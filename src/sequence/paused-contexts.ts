/** The contexts that somebody has paused, each in one stage or in all. */
export class PausedContexts {
  readonly #paused = new Set<string>();

  /** Without a stage: in all of them. */
  pause(keptnContext: string, stage?: string): void {
    this.#paused.add(keyOf(keptnContext, stage));
  }

  /** Takes back the pause with the same stage, or without one. */
  resume(keptnContext: string, stage?: string): void {
    this.#paused.delete(keyOf(keptnContext, stage));
  }

  /** True when the context is paused in this stage or in all. */
  has({ keptnContext, stage }: { keptnContext: string; stage: string }): boolean {
    return this.#paused.has(keyOf(keptnContext)) || this.#paused.has(keyOf(keptnContext, stage));
  }
}

function keyOf(keptnContext: string, stage?: string): string {
  return JSON.stringify([keptnContext, stage ?? null]);
}
