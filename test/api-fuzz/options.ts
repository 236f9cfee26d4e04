import { parseArgs } from 'node:util';

export interface FuzzOptions {
  /** The same seed makes up the same requests. Undefined: choose one. */
  readonly seed: number | undefined;
  /** How many requests are made up for each operation, at most, in each phase of the fuzzer. */
  readonly casesPerOperation: number;
  /** A run with fewer requests than this has proved nothing. */
  readonly requiredCases: number;
}

const DEFAULT_CASES_PER_OPERATION = 1_000;
const DEFAULT_REQUIRED_CASES = 10_000;

/**
 * Reads the command line. A run of another size than the usual one is held to no number of requests.
 *
 * @throws {RangeError} naming the option that is no whole number; {TypeError} for one that there is not.
 */
export function parseFuzzOptions(args: readonly string[]): FuzzOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { seed: { type: 'string' }, 'cases-per-operation': { type: 'string' } },
  });
  const asked = wholeNumber('cases-per-operation', values['cases-per-operation']);
  return {
    seed: wholeNumber('seed', values.seed),
    casesPerOperation: asked ?? DEFAULT_CASES_PER_OPERATION,
    requiredCases: asked === undefined ? DEFAULT_REQUIRED_CASES : 1,
  };
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new RangeError(`--${name} must be a whole number from 1`);
  return Number(text);
}
