import type { Pool, PoolClient } from '@orderflow/service-kit/postgres';
import { inTransaction } from '@orderflow/service-kit/postgres';

/** Where the live tables are. */
export const LIVE_SCHEMA = 'public';

/** What is made anew from the topic, and swapped. */
export const REBUILT_TABLES = ['processed_events', 'sales_totals', 'sales_by_minute', 'sales_by_product'] as const;

/**
 * What a batch writes as well and stays in its place at a swap: the rebuild is brought exactly to the live offsets, and
 * live dead letters know what was forwarded and replayed.
 */
const SCRATCH_TABLES = ['consumer_offset', 'dead_letters'] as const;

const SHADOW_PREFIX = 'analytics_rebuild_';
const OLD_PREFIX = 'analytics_before_';

/** Names of one rebuild, by when it began: a killed one's batches can never end up in the tables of the next. */
export function schemasOfRebuild(nowMs: number): { readonly shadow: string; readonly old: string } {
  const time = new Date(nowMs)
    .toISOString()
    .replaceAll(/[-:]|\.\d+/g, '')
    .toLowerCase();
  return { shadow: `${SHADOW_PREFIX}${time}`, old: `${OLD_PREFIX}${time}` };
}

/**
 * DDL of tables like the live ones as they stand in this database: with the same names of indexes and constraints (LIKE
 * would make them up, and a later migration would not find them) and storage parameters (LIKE leaves them out).
 */
const DESCRIBE_TABLES = `
  WITH live AS (
    SELECT c.oid, c.relname, c.reloptions, pg_get_userbyid(c.relowner) AS owner,
      format('%I.%I', n.nspname, c.relname) AS name, format('%I.%I', $1::text, c.relname) AS copy
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $2 AND c.relname = ANY ($3::text[])
  ), ddl (step, statement) AS (
    SELECT 1, format('CREATE TABLE %s (LIKE %s INCLUDING ALL EXCLUDING INDEXES)%s', copy, name,
      ' WITH (' || array_to_string(reloptions, ', ') || ')')
    FROM live
    UNION ALL
    SELECT 2, format('ALTER TABLE %s ADD CONSTRAINT %I %s', copy, k.conname, pg_get_constraintdef(k.oid))
    FROM live JOIN pg_constraint k ON k.conrelid = live.oid AND k.contype IN ('p', 'u', 'x')
    UNION ALL
    SELECT 3, replace(pg_get_indexdef(i.indexrelid), ' ON ' || name || ' ', ' ON ' || copy || ' ')
    FROM live JOIN pg_index i ON i.indrelid = live.oid
    WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.conrelid = live.oid)
    UNION ALL
    SELECT 4, format('ALTER TABLE %s OWNER TO %I', copy, owner) FROM live WHERE owner <> current_user
  )
  SELECT statement FROM ddl ORDER BY step, statement`;

/** Makes empty tables like the live ones in a schema of their own. */
export async function createShadow(pool: Pool, schema: string): Promise<void> {
  await inTransaction(pool, async (tx) => {
    await tx.query(`CREATE SCHEMA ${schema}`);
    const { rows } = await tx.query<{ statement: string }>(DESCRIBE_TABLES, [
      schema,
      LIVE_SCHEMA,
      [...REBUILT_TABLES, ...SCRATCH_TABLES],
    ]);
    for (const { statement } of rows) await tx.query(statement);
  });
}

/** Lets every unqualified name of this transaction mean a table of `schema`, and of no other. */
export async function useSchema(tx: PoolClient, schema: string): Promise<void> {
  await tx.query(`SET LOCAL search_path TO ${schema}`);
}

/** Keeps plans good that are made right after a swap. */
export async function analyzeShadow(pool: Pool, schema: string): Promise<void> {
  await pool.query(`ANALYZE ${REBUILT_TABLES.map((table) => `${schema}.${table}`).join(', ')}`);
}

export async function dropSchema(pool: Pool, schema: string): Promise<void> {
  await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
}

/** Drops what rebuilds left that were killed. Only for who holds the lock of the rebuild. */
export async function dropAbandonedShadows(pool: Pool): Promise<readonly string[]> {
  return dropSchemas(pool, SHADOW_PREFIX);
}

/** Drops the tables that swaps have replaced. Resolves with the names of their schemas. */
export async function dropOldTables(pool: Pool): Promise<readonly string[]> {
  return dropSchemas(pool, OLD_PREFIX);
}

async function dropSchemas(pool: Pool, prefix: string): Promise<readonly string[]> {
  const { rows } = await pool.query<{ name: string }>(
    'SELECT nspname AS name FROM pg_namespace WHERE nspname ~ $1 ORDER BY 1',
    [`^${prefix}\\d{8}t\\d{6}z$`],
  );
  for (const { name } of rows) await dropSchema(pool, name);
  return rows.map(({ name }) => name);
}
