import { CancellationScope } from '@temporalio/workflow';

/**
 * Messages that wait for the main loop of a workflow. It waits for a promise and not with `condition`, because the
 * SDK goes in and out of its sandbox once more for each condition that comes true, in every workflow task.
 */
export class Inbox<T> {
  readonly #messages: T[] = [];
  #failure: { error: unknown } | undefined;
  #cancelled: { error: unknown } | undefined;
  #wake: (() => void) | undefined;

  /** Waiting ends with the cancellation of the scope in which the inbox is made. */
  constructor() {
    CancellationScope.current().cancelRequested.catch((error: unknown) => {
      this.#cancelled = { error };
      this.#wake?.();
    });
  }

  get length(): number {
    return this.#messages.length;
  }

  push(message: T): void {
    this.#messages.push(message);
    this.#wake?.();
  }

  shift(): T | undefined {
    return this.#messages.shift();
  }

  /** Work beside the main loop has failed: the next wait throws its error. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake?.();
  }

  /** The cancellation has been answered: later waits do not throw it again. */
  ignoreCancellation(): void {
    this.#cancelled = undefined;
  }

  /** Resolves when there is a message; throws a failure, and the cancellation until it is ignored. */
  async filled(): Promise<void> {
    if (this.#messages.length === 0 && this.#failure === undefined && this.#cancelled === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    const thrown = this.#failure ?? this.#cancelled;
    if (thrown !== undefined) throw thrown.error;
  }
}
