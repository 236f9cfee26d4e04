// Looked up once: draws are most of what a simulation does, and in Jest's sandbox every look at a global is slow.
const { cos, exp, imul, log, max, PI, round, sqrt } = Math;

/** A source of numbers from 0 up to 1, the same for the same seed (mulberry32). */
export type Random = () => number;

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** So many independent events as come when this many are expected: Poisson for few, its normal neighbour for many. */
export function drawCount(random: Random, expected: number): number {
  if (expected <= 0) return 0;
  if (expected > 30) return max(0, round(expected + sqrt(expected) * drawNormal(random)));
  const limit = exp(-expected);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count += 1;
  return count;
}

function drawNormal(random: Random): number {
  return sqrt(-2 * log(1 - random())) * cos(2 * PI * random());
}
