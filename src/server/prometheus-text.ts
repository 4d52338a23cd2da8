/** Upper bounds of the buckets in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Series {
  count: number;
  seconds: number;
  /** Observations at or below each bound. */
  buckets: number[];
}

/** Durations of what a process does, by labels, in Prometheus' text format. */
export class DurationHistogram {
  readonly #name: string;
  readonly #help: string;
  readonly #series = new Map<string, Series>();

  /** `name` without suffix, for example `slipway_http_request_duration_seconds`. */
  constructor(name: string, help: string) {
    this.#name = name;
    this.#help = help;
  }

  observe(labels: { readonly [label: string]: string }, seconds: number): void {
    const key = labelText(labels);
    const series = this.#series.get(key) ?? { count: 0, seconds: 0, buckets: BUCKETS.map(() => 0) };
    series.count += 1;
    series.seconds += seconds;
    series.buckets = BUCKETS.map((bound, index) => (series.buckets[index] ?? 0) + (seconds <= bound ? 1 : 0));
    this.#series.set(key, series);
  }

  text(): string {
    const lines = [`# HELP ${this.#name} ${this.#help}`, `# TYPE ${this.#name} histogram`];
    for (const [labels, { count, seconds, buckets }] of this.#series) {
      for (const [index, bound] of BUCKETS.entries()) {
        lines.push(`${this.#name}_bucket{${labels},le="${bound}"} ${buckets[index] ?? 0}`);
      }
      lines.push(`${this.#name}_bucket{${labels},le="+Inf"} ${count}`);
      lines.push(`${this.#name}_sum{${labels}} ${seconds}`, `${this.#name}_count{${labels}} ${count}`);
    }
    return `${lines.join('\n')}\n`;
  }
}

/** A number that goes up and down, without labels. */
export function gaugeText(name: string, help: string, value: number): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${value}\n`;
}

/** A number that only grows, without labels. */
export function counterText(name: string, help: string, value: number): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} counter\n${name} ${value}\n`;
}

function labelText(labels: { readonly [label: string]: string }): string {
  return Object.entries(labels)
    .map(
      ([name, value]) =>
        `${name}="${value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`,
    )
    .join(',');
}
