import { firstIdAt } from '@orderflow/contracts/ids';
import type { Clock } from '@orderflow/service-kit/clock';
import type { KafkaAdmin } from '@orderflow/service-kit/kafka/admin-port';
import type { Logger } from '@orderflow/service-kit/logger';
import { inTransaction, type Pool, type PoolClient } from '@orderflow/service-kit/postgres';
import { sleep } from '@orderflow/service-kit/sleep';
import { ADVISORY_LOCKS, withAdvisoryLock } from '../advisory-lock.ts';
import type { OffsetOwner } from '../apply/batch-statements.ts';
import { compareTables, type Comparison } from './compare-tables.ts';
import { findSwapObstacles, readFences, readMigrations, readOtherTopics } from './live-tables.ts';
import { countMessages, isBehind, rangesBetween, whyNotFromTopic, type Positions } from './plan-replay.ts';
import { RebuildRefusal } from './rebuild-refusal.ts';
import type { RebuildProgress } from './rebuild-progress.ts';
import {
  analyzeShadow,
  createShadow,
  dropAbandonedShadows,
  dropSchema,
  LIVE_SCHEMA,
  schemasOfRebuild,
} from './shadow-schema.ts';
import { createShadowWriter, createShadowWriterIn, type WriteToShadow } from './shadow-writer.ts';
import { lockOutWriters, swapTables, type SwapSchemas } from './swap-tables.ts';
import { replayRanges } from './topic-replay.ts';

/** So few messages are left to the transaction that compares. */
const CAUGHT_UP_MESSAGES = 2_000;
/** After so many rounds that end no nearer to the live processor than they began, the rest is left to it all the same. */
const MAX_ROUNDS = 100;
/** Batches at the same time: this process is the bound, not the database. */
const WRITERS = 2;

const SWAP_ATTEMPTS = 8;
const SWAP_PAUSE_MS = 1_000;
/** Lock not available, canceled by a timeout, deadlock, session ended for idling: the moment was bad. */
const BAD_MOMENT_CODES = new Set(['55P03', '57014', '40P01', '25P03']);

const HOUR_MS = 3_600_000;

export interface RebuildPorts {
  readonly pool: Pool;
  readonly kafka: Pick<KafkaAdmin, 'readOffsets' | 'readTopicRanges'>;
  readonly clock: Clock;
  readonly progress: RebuildProgress;
  readonly logger: Logger;
}

export interface RebuildSettings {
  readonly owner: OffsetOwner;
  readonly isSwap: boolean;
  /** How long writers may be locked out by one attempt to swap. */
  readonly lockMs: number;
  readonly maxRows: number;
  /** How long live keeps the ids of processed events. */
  readonly retentionHours: number;
  readonly signal: AbortSignal;
}

export type RebuildOutcome =
  | { readonly kind: 'equal' }
  | { readonly kind: 'differing' }
  | {
      readonly kind: 'swapped';
      /** Where the old tables are. */
      readonly oldSchema: string;
      /** How long writers waited. */
      readonly lockedMs: number;
    };

/**
 * Makes analytics anew from the topic's beginning in tables of its own, compares them with the live ones, and swaps them
 * when they differ and that is wanted. The processor goes on meanwhile.
 *
 * @throws {RebuildRefusal} when the result would be wrong, or another rebuild is under way.
 */
export async function rebuildAnalytics(ports: RebuildPorts, settings: RebuildSettings): Promise<RebuildOutcome> {
  const outcome = await withAdvisoryLock(ports.pool, ADVISORY_LOCKS.rebuildAnalytics, () =>
    rebuildAlone(ports, settings),
  );
  if (outcome === undefined) throw new RebuildRefusal('another rebuild of this database is under way');
  return outcome;
}

async function rebuildAlone(ports: RebuildPorts, settings: RebuildSettings): Promise<RebuildOutcome> {
  const { pool, clock, progress, logger } = ports;
  for (const schema of await dropAbandonedShadows(pool))
    progress.say(`dropped ${schema}, which a killed rebuild had left`);
  await refuseImpossible(ports, settings);
  const schemas = schemasOfRebuild(clock.nowMs());
  const rebuild = new Rebuild(ports, settings, schemas);
  const migrations = await readMigrations(pool);
  try {
    await createShadow(pool, schemas.shadow);
    await rebuild.catchUp();
    const comparison = await rebuild.compareInSnapshot();
    if (comparison.differing === 0) return { kind: 'equal' };
    if (!settings.isSwap) return { kind: 'differing' };
    refuseLosses(comparison);
    return await rebuild.swap(migrations);
  } finally {
    await dropSchema(pool, schemas.shadow).catch((error: unknown) => {
      logger.warn({ err: error, schema: schemas.shadow }, 'the next rebuild will drop this schema');
    });
  }
}

/** @throws {RebuildRefusal} naming all that stands in the way. */
async function refuseImpossible({ pool, kafka }: RebuildPorts, { owner, isSwap }: RebuildSettings): Promise<void> {
  const others = await readOtherTopics(pool, owner.topic);
  if (others.length > 0) {
    throw new RebuildRefusal(`analytics was made of other topics as well, and would lose them: ${others.join(', ')}`);
  }
  // The fences first: what is in the topic afterwards may be more, never less.
  const fences = await readFences(pool, owner.topic);
  const reason = whyNotFromTopic(fences, await kafka.readOffsets(owner.topic));
  if (reason !== undefined) throw new RebuildRefusal(reason);
  const obstacles = isSwap ? await findSwapObstacles(pool) : [];
  if (obstacles.length > 0) {
    throw new RebuildRefusal(`the tables cannot be swapped while there is:\n  ${obstacles.join('\n  ')}`);
  }
}

/** The rebuilt tables, and how far they are. */
class Rebuild {
  readonly #ports: RebuildPorts;
  readonly #settings: RebuildSettings;
  readonly #schemas: SwapSchemas;
  #positions: Positions = new Map();

  constructor(ports: RebuildPorts, settings: RebuildSettings, schemas: SwapSchemas) {
    this.#ports = ports;
    this.#settings = settings;
    this.#schemas = schemas;
  }

  /** Replays everything that the live processor has applied. */
  async catchUp(): Promise<void> {
    await this.#follow();
    this.#ports.progress.finish();
    await analyzeShadow(this.#ports.pool, this.#schemas.shadow);
  }

  /** Goes after the live processor until little is left. Never overtakes it: offsets are read from it before each round. */
  async #follow(): Promise<void> {
    const { pool, progress } = this.#ports;
    const write = createShadowWriter(pool, this.#writerOptions());
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const fences = await readFences(pool, this.#settings.owner.topic);
      const remaining = countMessages(rangesBetween(this.#positions, fences));
      if (round > 0 && remaining <= CAUGHT_UP_MESSAGES) return;
      progress.expect(remaining);
      await this.#replayTo(fences, { write, writers: WRITERS, signal: this.#settings.signal });
      this.#positions = fences;
    }
  }

  /**
   * Compares without a lock: one snapshot holds the live tables and their offsets as of one moment, and what is left up to
   * exactly these offsets is written in the same transaction, which sees its own writes.
   */
  async compareInSnapshot(): Promise<Comparison> {
    const { pool, progress } = this.#ports;
    const startedAt = performance.now();
    const { comparison, fences } = await inTransaction(pool, async (tx) => {
      await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
      const snapshot = await readFences(tx, this.#settings.owner.topic); // the first query takes it
      await this.#replayIn(tx, snapshot, this.#settings.signal);
      return { comparison: await this.#compare(tx), fences: snapshot };
    });
    this.#positions = fences;
    progress.showComparison(comparison, { elapsedMs: performance.now() - startedAt, isLocked: false });
    return comparison;
  }

  /** Tries until readers and writers let the tables go for a moment. */
  async swap(migrations: string): Promise<RebuildOutcome> {
    const { progress } = this.#ports;
    for (let attempt = 1; ; attempt += 1) {
      this.#settings.signal.throwIfAborted();
      const startedAt = performance.now();
      await this.#follow();
      try {
        return await this.#swapOnce(migrations);
      } catch (error: unknown) {
        if (!isBadMoment(error)) throw error;
        const seconds = ((performance.now() - startedAt) / 1000).toFixed(2);
        progress.say(`no swap at attempt ${attempt}, after ${seconds} s: ${(error as Error).message}`);
      }
      if (attempt === SWAP_ATTEMPTS) {
        throw new RebuildRefusal(
          `not swapped: ${SWAP_ATTEMPTS} times somebody kept the tables, or the work under lock took too long (--lock-seconds)`,
        );
      }
      await sleep(SWAP_PAUSE_MS, this.#settings.signal);
    }
  }

  /** All in one transaction: lock writers out, catch up exactly, compare, swap. */
  async #swapOnce(migrations: string): Promise<RebuildOutcome> {
    const { pool, progress } = this.#ports;
    const { owner, lockMs, signal } = this.#settings;
    let lockedAt = performance.now();
    await inTransaction(pool, async (tx) => {
      await lockOutWriters(tx, lockMs);
      lockedAt = performance.now();
      const budget = AbortSignal.any([signal, AbortSignal.timeout(lockMs)]);
      await limitStatements(tx, lockMs);
      if ((await readMigrations(tx)) !== migrations)
        throw new RebuildRefusal('the schema was migrated meanwhile: try again');
      await this.#replayIn(tx, await readFences(tx, owner.topic), budget);
      await limitStatements(tx, lockMs - (performance.now() - lockedAt));
      const comparison = await this.#compare(tx);
      progress.showComparison(comparison, { elapsedMs: performance.now() - lockedAt, isLocked: true });
      refuseLosses(comparison);
      await swapTables(tx, this.#schemas);
      budget.throwIfAborted();
    });
    return { kind: 'swapped', oldSchema: this.#schemas.old, lockedMs: performance.now() - lockedAt };
  }

  #compare(tx: PoolClient): Promise<Comparison> {
    const { owner, maxRows, retentionHours } = this.#settings;
    const prunableBeforeId = firstIdAt(this.#ports.clock.nowMs() - retentionHours * HOUR_MS);
    return compareTables(tx, { shadow: this.#schemas.shadow, topic: owner.topic, maxRows, prunableBeforeId });
  }

  /** The rest up to exactly these offsets, as a part of a transaction. */
  async #replayIn(tx: PoolClient, fences: Positions, signal: AbortSignal): Promise<void> {
    const write = createShadowWriterIn(tx, this.#writerOptions());
    await this.#replayTo(fences, { write, writers: 1, signal });
  }

  async #replayTo(
    fences: Positions,
    how: { readonly write: WriteToShadow; readonly writers: number; readonly signal: AbortSignal },
  ): Promise<void> {
    const { kafka, progress } = this.#ports;
    if (isBehind(fences, this.#positions)) throw new RebuildRefusal('live offsets were set back meanwhile: try again');
    const options = { ...how, kafka, topic: this.#settings.owner.topic, onBatch: progress.count };
    await replayRanges(options, rangesBetween(this.#positions, fences));
  }

  #writerOptions() {
    const { clock, logger } = this.#ports;
    return { shadow: this.#schemas.shadow, owner: this.#settings.owner, nowMs: () => clock.nowMs(), logger };
  }
}

/** @throws {RebuildRefusal} when events would be forgotten that live knows. */
function refuseLosses({ eventsOnlyLive }: Comparison): void {
  if (eventsOnlyLive === 0) return;
  throw new RebuildRefusal(
    `not swapped: ${eventsOnlyLive} events that live has applied are not in the topic, or can no longer be applied.
Those that were never events: DELETE FROM ${LIVE_SCHEMA}.processed_events WHERE event_id ..., and try again`,
  );
}

async function limitStatements(tx: PoolClient, ms: number): Promise<void> {
  await tx.query(`SET LOCAL statement_timeout = ${Math.max(1, Math.ceil(ms))}`);
}

function isBadMoment(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'TimeoutError' || BAD_MOMENT_CODES.has(String((error as { code?: unknown }).code));
}
