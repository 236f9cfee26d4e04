/** `123.45`, `-0.50`, `7` or `7.500`: at most two places that are not 0. */
const DECIMAL = /^(-?)(\d+)(?:\.(\d{1,2})0*)?$/;

/**
 * Cents of an amount that Postgres shows as numeric text. The text is never made a floating-point number, so that the
 * sum of a great many orders stays exact; NaN when it is not whole cents.
 */
export function centsFromNumeric(text: string): number {
  const [, sign, whole = '', fraction = ''] = DECIMAL.exec(text) ?? [];
  if (sign === undefined) return Number.NaN;
  const cents = Number(whole + fraction.padEnd(2, '0'));
  return Number.isSafeInteger(cents) ? Number(`${sign}${cents}`) : Number.NaN;
}
