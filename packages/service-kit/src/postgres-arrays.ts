/**
 * An array parameter whose elements need no quotes in PostgreSQL's array literals: ids, numbers, timestamps, names of
 * event types. node-postgres looks into each element for what to escape, which costs ten times as much.
 *
 * Never for text of others: a comma in it would make two elements of one.
 */
export function plainArray(elements: readonly (string | number | bigint | null)[]): string {
  return `{${elements.map((element) => element ?? 'NULL').join(',')}}`;
}
