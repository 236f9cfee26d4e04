import { Client } from 'pg';

/** What a committed order is worth while it is measured. */
export interface Durability {
  /** Name and version. */
  readonly server: string;
  readonly fsync: string;
  readonly synchronousCommit: string;
  readonly fullPageWrites: string;
  /** What both sides ask of Kafka. */
  readonly kafkaAcks: 'all';
}

/**
 * Reads the server's settings.
 *
 * @throws {Error} when a commit would not be durable: numbers of such a server would prove nothing.
 */
export async function verifyDurability(url: string): Promise<Durability> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const show = async (setting: string): Promise<string> => {
      const { rows } = await client.query<{ value: string }>('SELECT current_setting($1) AS value', [setting]);
      return rows[0]?.value ?? 'unknown';
    };
    const durability: Durability = {
      server: `PostgreSQL ${await show('server_version')}`,
      fsync: await show('fsync'),
      synchronousCommit: await show('synchronous_commit'),
      fullPageWrites: await show('full_page_writes'),
      kafkaAcks: 'all',
    };
    const settings = [durability.fsync, durability.synchronousCommit, durability.fullPageWrites];
    if (settings.some((value) => value !== 'on')) {
      throw new Error(
        `the server is not durable: fsync, synchronous_commit, full_page_writes = ${settings.join(', ')}`,
      );
    }
    return durability;
  } finally {
    await client.end();
  }
}
