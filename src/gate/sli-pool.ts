import type { SliResult } from './types.ts';

/**
 * The received values that no objective has taken yet. Keptn takes the first match by name and fills its
 * place with the last value, which is visible in the order of those that are left over.
 */
export class SliPool {
  readonly #values: SliResult[];
  /** Places of each metric's values, descending: the first match is at the end. */
  readonly #places = new Map<string, number[]>();

  constructor(values: readonly SliResult[]) {
    this.#values = [...values];
    for (let place = values.length - 1; place >= 0; place--) {
      const metric = values[place]?.metric ?? '';
      const places = this.#places.get(metric);
      if (places === undefined) this.#places.set(metric, [place]);
      else places.push(place);
    }
  }

  /** Takes the first value of a metric out of the pool, or gives undefined. */
  take(metric: string): SliResult | undefined {
    const places = this.#places.get(metric);
    const place = places?.pop();
    if (places === undefined || place === undefined) return undefined;
    const taken = this.#values[place];
    const last = this.#values.pop();
    if (last !== undefined && place < this.#values.length) {
      this.#values[place] = last;
      this.#moveLast(this.#places.get(last.metric) ?? [], place);
    }
    return taken;
  }

  /** Values that are left, in the order that taking has left behind. */
  rest(): readonly SliResult[] {
    return this.#values;
  }

  /** The highest place of a metric was the last of all; its value now stands at a lower place. */
  #moveLast(places: number[], place: number): void {
    places.shift();
    let index = places.length;
    while (index > 0 && (places[index - 1] ?? 0) < place) index--;
    places.splice(index, 0, place);
  }
}

/** Keptn's remark about values without an objective; empty when there are none. */
export function leftoverMessage(values: readonly SliResult[]): string {
  let names = '';
  for (const { metric } of values) names += names === '' ? metric : `, ${metric}`;
  if (names === '') return '';
  return (
    `Lighthouse received additional SLIs, which are not specified as SLO: ${names} . ` +
    'Please consider using them as an SLO.'
  );
}
