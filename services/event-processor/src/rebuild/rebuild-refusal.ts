/** A rebuild that is not begun or not brought to its end because its result would be wrong; the message says what to do. */
export class RebuildRefusal extends Error {
  override readonly name = 'RebuildRefusal';
  readonly code = 'REBUILD_REFUSED';
}
