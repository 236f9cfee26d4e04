import { PgBoss } from 'pg-boss';

/** As the benchmark fills it. */
export const QUEUE = 'publish';

/** Starts pg-boss with its queue in place. */
export async function startPgBoss(databaseUrl: string): Promise<PgBoss> {
  const boss = new PgBoss(databaseUrl);
  boss.on('error', (error) => process.stderr.write(`${error.message}\n`));
  await boss.start();
  await boss.createQueue(QUEUE);
  return boss;
}
