import type { SliResult } from './types.ts';

/**
 * The received values that no objective has taken yet. Keptn takes the first match by name and fills its
 * place with the last value, which is visible in the order of those that are left over.
 */
export class SliPool {
  readonly #values: SliResult[];
  /** Places of each metric's values. */
  readonly #places = new Map<string, number[]>();

  constructor(values: readonly SliResult[]) {
    this.#values = [...values];
    for (const [place, { metric }] of this.#values.entries()) {
      const places = this.#places.get(metric);
      if (places === undefined) this.#places.set(metric, [place]);
      else places.push(place);
    }
  }

  /** Takes the first value of a metric out of the pool, or gives undefined. */
  take(metric: string): SliResult | undefined {
    const places = this.#places.get(metric);
    if (places === undefined || places.length === 0) return undefined;
    const place = lowest(places);
    const taken = this.#values[place];
    places.splice(places.indexOf(place), 1);
    const last = this.#values.pop();
    if (last !== undefined && place < this.#values.length) this.#move(last, place);
    return taken;
  }

  /** Values that are left, in the order that taking has left behind. */
  rest(): readonly SliResult[] {
    return this.#values;
  }

  #move(value: SliResult, place: number): void {
    const places = this.#places.get(value.metric);
    places?.splice(places.indexOf(this.#values.length), 1, place);
    this.#values[place] = value;
  }
}

function lowest(places: readonly number[]): number {
  let least = places[0] ?? 0;
  for (const place of places) if (place < least) least = place;
  return least;
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
