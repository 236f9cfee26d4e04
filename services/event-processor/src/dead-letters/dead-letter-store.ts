import type { Pool } from '@orderflow/service-kit/postgres';

/** Names one dead letter. */
export interface DeadLetterId {
  readonly topic: string;
  readonly partition: number;
  readonly sourceOffset: number;
  readonly recordTimestampMs: number;
}

/** A message that could not be applied, as it came, and why. */
export interface DeadLetter extends DeadLetterId {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly error: string;
  readonly failedAt: Date;
  readonly forwardedAt: Date | null;
  readonly replayedAt: Date | null;
}

export interface DeadLetterFilter {
  readonly partition?: number | undefined;
  readonly sourceOffset?: number | undefined;
  /** Leave out those that were replayed. */
  readonly onlyUnreplayed: boolean;
}

const COLUMNS = `
  topic, partition, source_offset AS "sourceOffset", record_timestamp_ms AS "recordTimestampMs", key, value, headers,
  error, failed_at AS "failedAt", forwarded_at AS "forwardedAt", replayed_at AS "replayedAt"`;

/** The oldest letters that have not been copied to the dead letter topic. */
export async function readUnforwarded(pool: Pool, limit: number): Promise<DeadLetter[]> {
  const { rows } = await pool.query<DeadLetter>({
    name: 'read-unforwarded-dead-letters',
    text: `SELECT ${COLUMNS} FROM dead_letters
      WHERE forwarded_at IS NULL AND forward_error IS NULL
      ORDER BY failed_at, partition, source_offset
      LIMIT $1`,
    values: [limit],
  });
  return rows;
}

/** The letters of a topic in the order of their offsets. */
export async function listDeadLetters(pool: Pool, topic: string, filter: DeadLetterFilter): Promise<DeadLetter[]> {
  const { rows } = await pool.query<DeadLetter>(
    `SELECT ${COLUMNS} FROM dead_letters
     WHERE topic = $1
       AND ($2::int IS NULL OR partition = $2)
       AND ($3::bigint IS NULL OR source_offset = $3)
       AND (NOT $4 OR replayed_at IS NULL)
     ORDER BY partition, source_offset, record_timestamp_ms`,
    [topic, filter.partition ?? null, filter.sourceOffset ?? null, filter.onlyUnreplayed],
  );
  return rows;
}

export async function markForwarded(pool: Pool, letters: readonly DeadLetterId[]): Promise<void> {
  await pool.query(`UPDATE dead_letters d SET forwarded_at = now() ${WHERE_LISTED}`, listed(letters));
}

/** Notes why a letter can never be copied to the topic, so that it is not tried again. */
export async function markUnforwardable(pool: Pool, letter: DeadLetterId, reason: string): Promise<void> {
  await pool.query(`UPDATE dead_letters d SET forward_error = $5 ${WHERE_LISTED}`, [...listed([letter]), reason]);
}

export async function markReplayed(pool: Pool, letters: readonly DeadLetterId[]): Promise<void> {
  await pool.query(`UPDATE dead_letters d SET replayed_at = now() ${WHERE_LISTED}`, listed(letters));
}

const WHERE_LISTED = `
  FROM unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[]) AS l (topic, partition, source_offset, timestamp_ms)
  WHERE d.topic = l.topic AND d.partition = l.partition
    AND d.source_offset = l.source_offset AND d.record_timestamp_ms = l.timestamp_ms`;

function listed(letters: readonly DeadLetterId[]): unknown[] {
  return [
    letters.map(({ topic }) => topic),
    letters.map(({ partition }) => partition),
    letters.map(({ sourceOffset }) => sourceOffset),
    letters.map(({ recordTimestampMs }) => recordTimestampMs),
  ];
}
