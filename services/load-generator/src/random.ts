/** The next number of a sequence, uniform in [0, 1). */
export type Random = () => number;

/**
 * A repeatable sequence of numbers from a seed: sfc32 ("small fast counter", Chris Doty-Humphrey, PractRand),
 * 128 bits of state. The first rounds are thrown away so that near seeds give unlike sequences.
 */
export function createRandom(seed: number): Random {
  let a = seed | 0;
  let b = Math.floor(seed / 2 ** 32) | 0;
  let c = 0x9e3779b9 | 0;
  let counter = 1;
  const random: Random = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 15; round += 1) random();
  return random;
}

/** A whole number from 0 to `limit - 1`, all equally likely. */
export function pickUniform(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

/**
 * A whole number from 0 to `limit - 1`, low numbers more often: the first 1 % of them get 10 % of the picks. That is
 * how shops sell, and it makes hot rows.
 */
export function pickSkewed(random: Random, limit: number): number {
  return Math.floor(random() ** 2 * limit);
}
