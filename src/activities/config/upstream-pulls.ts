interface Pull {
  /** When it began, in milliseconds since 1970. */
  began: number;
  done: Promise<void>;
}

/** Keeps what is asked of upstreams low: who wants news of a certain age shares the pull that brings it. */
export class UpstreamPulls {
  readonly #pull: (directory: string) => Promise<boolean>;
  readonly #running = new Map<string, Pull>();
  readonly #pulled = new Map<string, number>();

  /** `pull` takes over what the upstream of a repository has, and answers false when it has none. */
  constructor(pull: (directory: string) => Promise<boolean>) {
    this.#pull = pull;
  }

  /** Returns when the repository has what its upstream had `maxAgeMs` ago, or later; throws what the pull throws. */
  async notOlderThan(directory: string, maxAgeMs: number): Promise<void> {
    const wanted = Date.now() - maxAgeMs;
    for (;;) {
      if ((this.#pulled.get(directory) ?? Number.NEGATIVE_INFINITY) >= wanted) return;
      const running = this.#running.get(directory);
      if (running === undefined || running.began >= wanted) return (running ?? this.#begin(directory)).done;
      // It began too early to have seen all; its own caller gets its error.
      await running.done.catch(() => undefined);
    }
  }

  /** The repository is gone. */
  forget(directory: string): void {
    this.#pulled.delete(directory);
  }

  #begin(directory: string): Pull {
    const began = Date.now();
    const done = this.#pull(directory)
      .then((hasUpstream) => {
        if (hasUpstream) this.#pulled.set(directory, began);
      })
      .finally(() => this.#running.delete(directory));
    const pull = { began, done };
    this.#running.set(directory, pull);
    return pull;
  }
}
