import { z } from 'zod';
import { ORDER_EVENTS_TOPIC } from '@orderflow/contracts/topics';
import { processEnv, readConfig } from '@orderflow/service-kit/config';
import { kafkaConnectionFrom, kafkaEnv } from '@orderflow/service-kit/kafka/config';
import { KafkajsProducer } from '@orderflow/service-kit/kafka/kafkajs-producer';
import { runProcess } from '@orderflow/service-kit/lifecycle';
import { createLogger } from '@orderflow/service-kit/logger';
import { createPool, postgresEnv } from '@orderflow/service-kit/postgres';
import { listDeadLetters, type DeadLetter } from './dead-letters/dead-letter-store.ts';
import { DLQ_USAGE, DlqUsageError, formatDeadLetter, parseDlqCommand } from './dead-letters/dlq-command.ts';
import { replayDeadLetters } from './dead-letters/replay-dead-letters.ts';

const schema = z.object({
  LOG_LEVEL: processEnv.LOG_LEVEL.default('warn'),
  TOPIC: z.string().min(1).default(ORDER_EVENTS_TOPIC),
  ...postgresEnv,
  ...kafkaEnv,
});

/** Shows dead letters and sends them back: for the person who mended what was wrong. */
await runProcess(async () => {
  const command = readCommand();
  if (command === undefined) return;
  const config = readConfig(schema, process.env);
  const logger = createLogger({ service: 'event-processor-dlq', level: config.LOG_LEVEL });
  const pool = createPool(config, { logger, applicationName: 'event-processor-dlq', max: 1 });
  const producer = new KafkajsProducer(kafkaConnectionFrom(config, 'event-processor-dlq'), { logger });
  try {
    if (command.action === 'list' || command.isDryRun) {
      const onlyUnreplayed = command.action === 'replay' || !command.isForAll;
      print(await listDeadLetters(pool, config.TOPIC, { ...command, onlyUnreplayed }));
      return;
    }
    const replayed = await replayDeadLetters({ pool, producer, topic: config.TOPIC, onReplayed: print }, command);
    process.stdout.write(`${replayed} replayed\n`);
  } finally {
    await producer.stop();
    await pool.end();
  }
});

function print(letters: readonly DeadLetter[]): void {
  for (const letter of letters) process.stdout.write(`${formatDeadLetter(letter)}\n`);
}

function readCommand() {
  try {
    return parseDlqCommand(process.argv.slice(2));
  } catch (error: unknown) {
    if (!(error instanceof DlqUsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${DLQ_USAGE}`);
    process.exitCode = 2;
    return undefined;
  }
}
