import { parseArgs } from 'node:util';
import { z } from 'zod';
import { isId } from '@orderflow/contracts/ids';
import { ConfigError, readConfig } from '@orderflow/service-kit/config';
import { runProcess } from '@orderflow/service-kit/lifecycle';
import { silentLogger } from '@orderflow/service-kit/logger';
import { createPool, postgresEnv } from '@orderflow/service-kit/postgres';
import { listDead, replayDead } from './outbox/dead-events.ts';

const USAGE =
  'usage: npm run outbox -- list | replay --all | replay EVENT_ID...   (DATABASE_URL names the orders database)';
const LIST_LIMIT = 1_000;

/** The events that the publisher gave up: shows them, and puts them back once the reason is gone. */
await runProcess(async () => {
  const { command, eventIds } = parseCommand(process.argv.slice(2));
  const config = readConfig(z.object(postgresEnv), process.env);
  const pool = createPool(config, { logger: silentLogger(), applicationName: 'outbox-command', max: 1 });
  try {
    if (command === 'list') {
      for (const dead of await listDead(pool, LIST_LIMIT)) process.stdout.write(`${JSON.stringify(dead)}\n`);
    } else {
      process.stdout.write(`${await replayDead(pool, eventIds)} events are in the outbox again\n`);
    }
  } finally {
    await pool.end();
  }
});

function parseCommand(args: readonly string[]): { command: 'list' | 'replay'; eventIds: readonly string[] | 'all' } {
  const { positionals, values } = parseArgs({
    args: [...args],
    options: { all: { type: 'boolean', default: false } },
    allowPositionals: true,
    strict: false,
  });
  const [command, ...eventIds] = positionals;
  if (command === 'list' && eventIds.length === 0) return { command, eventIds: [] };
  if (command === 'replay' && values['all'] === true && eventIds.length === 0) return { command, eventIds: 'all' };
  if (command === 'replay' && eventIds.length > 0 && eventIds.every(isId)) return { command, eventIds };
  throw new ConfigError([{ key: 'arguments', reason: `are not understood; ${USAGE}` }]);
}
