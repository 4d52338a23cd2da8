/** Something that happens at a moment of the virtual clock. */
interface Item {
  at: number;
  lane: number;
  order: number;
  act: () => void;
}

/**
 * A virtual clock with the things still to happen. At one moment, a lower lane goes first, so that one run
 * is followed until it waits before the next one is looked at.
 */
export class Agenda {
  now = 0;
  #order = 0;
  #items: Item[] = [];

  /** Plans `act` for `delayMs` milliseconds from now; returns a function that takes it off again. */
  plan(delayMs: number, lane: number, act: () => void): () => void {
    this.#order += 1;
    const item: Item = { at: this.now + delayMs, lane, order: this.#order, act };
    this.#items.push(item);
    return () => {
      this.#items = this.#items.filter((other) => other !== item);
    };
  }

  /** Carries out all that is due up to a moment (default: everything) and moves the clock along. */
  runUntil(end: number = Number.POSITIVE_INFINITY): void {
    for (;;) {
      const next = this.#items.reduce<Item | undefined>((first, item) => earlier(first, item), undefined);
      if (next === undefined || next.at > end) break;
      this.#items = this.#items.filter((item) => item !== next);
      this.now = next.at;
      next.act();
    }
    if (Number.isFinite(end)) this.now = end;
  }
}

function earlier(first: Item | undefined, item: Item): Item {
  if (first === undefined || item.at < first.at) return item;
  if (item.at > first.at) return first;
  if (item.lane !== first.lane) return item.lane < first.lane ? item : first;
  return item.order < first.order ? item : first;
}
