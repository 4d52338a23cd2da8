const SQRT2 = Math.SQRT2;
const INVERSE_SQRT_PI = 0.5641895835477563;

/** Probability that a standard normal variable is at most `z`; accurate to about 1e-15 relative in the tails. */
export function normalCdf(z: number): number {
  return 0.5 * erfc(-z / SQRT2);
}

/** Probability that a standard normal variable is above `z`. */
export function normalTail(z: number): number {
  return 0.5 * erfc(z / SQRT2);
}

/** Value that a standard normal variable stays below with the given probability (between 0 and 1). */
export function normalQuantile(probability: number): number {
  if (probability <= 0) return Number.NEGATIVE_INFINITY;
  if (probability >= 1) return Number.POSITIVE_INFINITY;
  if (probability > 0.5) return -normalQuantile(1 - probability);
  let z = startingPoint(probability);
  // Halley's method on the distribution function: three steps are exact to the last digits.
  for (let step = 0; step < 3; step++) {
    const error = (normalCdf(z) - probability) * Math.sqrt(2 * Math.PI) * Math.exp((z * z) / 2);
    z -= error / (1 + (z * error) / 2);
  }
  return z;
}

/** Abramowitz and Stegun 26.2.23, good to 4.5e-4, for probabilities up to one half. */
function startingPoint(probability: number): number {
  const t = Math.sqrt(-2 * Math.log(probability));
  const numerator = 2.515517 + t * (0.802853 + t * 0.010328);
  const denominator = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308));
  return -(t - numerator / denominator);
}

/** Complementary error function: a series near zero, a continued fraction in the tail. */
function erfc(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  if (x < 0) return 2 - erfc(-x);
  if (x > 27.3) return 0;
  return x < 2 ? 1 - erfSeries(x) : erfcFraction(x);
}

/** erf(x) = 2/√π · e^(-x²) · Σ 2ⁿ x^(2n+1) / (1·3·5…(2n+1)); all terms are positive, so nothing cancels. */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > sum * 1e-18; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return 2 * INVERSE_SQRT_PI * Math.exp(-x * x) * sum;
}

/** Continued fraction of erfc, evaluated by Lentz's method. */
function erfcFraction(x: number): number {
  let f = x;
  let c = x;
  let d = 0;
  for (let n = 1; n < 500; n++) {
    const a = n / 2;
    d = 1 / (x + a * d);
    c = x + a / c;
    const delta = c * d;
    f *= delta;
    if (Math.abs(delta - 1) < 1e-16) break;
  }
  return (INVERSE_SQRT_PI * Math.exp(-x * x)) / f;
}
