import { systemClock } from '@orderflow/service-kit/clock';
import { ConfigError } from '@orderflow/service-kit/config';
import { KafkajsAdmin } from '@orderflow/service-kit/kafka/kafkajs-admin';
import { createLogger } from '@orderflow/service-kit/logger';
import { createPool } from '@orderflow/service-kit/postgres';
import { readRebuildConfig } from './rebuild/config.ts';
import { rebuildAnalytics, type RebuildOutcome } from './rebuild/rebuild-analytics.ts';
import {
  parseRebuildCommand,
  REBUILD_USAGE,
  RebuildUsageError,
  type RebuildCommand,
} from './rebuild/rebuild-command.ts';
import { createRebuildProgress } from './rebuild/rebuild-progress.ts';
import { RebuildRefusal } from './rebuild/rebuild-refusal.ts';
import { dropOldTables } from './rebuild/shadow-schema.ts';

const EXIT_CODES = { equal: 0, swapped: 0, differing: 1, badOptions: 2, noVerdict: 3 } as const;

/** One that holds the lock, two that write, one that compares. */
const CONNECTIONS = 4;

process.exitCode = await main();

/** Makes analytics anew from the topic, beside the live tables: for the person who doubts them, or has to mend them. */
async function main(): Promise<number> {
  try {
    return await run(parseRebuildCommand(process.argv.slice(2)));
  } catch (error: unknown) {
    return explainFailure(error);
  }
}

async function run(command: RebuildCommand): Promise<number> {
  const config = readRebuildConfig(process.env);
  const { LOG_LEVEL: level, CONSUMER_GROUP: consumerGroup, TOPIC: topic } = config;
  const logger = createLogger({ service: 'event-processor-rebuild', level, destination: process.stderr });
  const pool = createPool(config, { logger, applicationName: 'event-processor-rebuild', max: CONNECTIONS });
  const kafka = new KafkajsAdmin(config.kafka, { logger });
  try {
    if (command.action === 'drop-old') {
      const dropped = await dropOldTables(pool);
      print(dropped.length === 0 ? 'there are no old tables' : `dropped ${dropped.join(', ')}`);
      return EXIT_CODES.equal;
    }
    const progress = createRebuildProgress({ write: print, nowMs: () => performance.now() });
    const retentionHours = config.PROCESSED_EVENTS_RETENTION_HOURS;
    const outcome = await rebuildAnalytics(
      { pool, kafka, clock: systemClock, progress, logger },
      { ...command, owner: { consumerGroup, topic }, retentionHours, signal: untilTold() },
    );
    print(verdictText(outcome));
    return EXIT_CODES[outcome.kind];
  } finally {
    await kafka.stop();
    await pool.end();
  }
}

function verdictText(outcome: RebuildOutcome): string {
  if (outcome.kind === 'equal') return 'live is what the topic makes of it: nothing to swap';
  if (outcome.kind === 'differing') return 'live is not what the topic makes of it; --swap mends it';
  const seconds = (outcome.lockedMs / 1_000).toFixed(2);
  return `swapped; writers were locked out for ${seconds} s. The old tables are in ${outcome.oldSchema} until --drop-old`;
}

/** Aborts at the first SIGTERM or SIGINT, which leaves the live tables as they are. */
function untilTold(): AbortSignal {
  const told = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => told.abort(new RebuildRefusal(`stopped by ${signal}`)));
  }
  return told.signal;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function explainFailure(error: unknown): number {
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`);
    return EXIT_CODES.badOptions;
  }
  if (error instanceof RebuildUsageError) {
    process.stderr.write(`${error.message}\n\n${REBUILD_USAGE}`);
    return EXIT_CODES.badOptions;
  }
  const text = error instanceof RebuildRefusal ? error.message : String((error as Error).stack ?? error);
  process.stderr.write(`${text}\n`);
  return EXIT_CODES.noVerdict;
}
