import type { Pool, PoolClient } from '@orderflow/service-kit/postgres';
import { MIGRATIONS_TABLE } from '@orderflow/service-kit/migrations';
import type { Positions } from './plan-replay.ts';
import { LIVE_SCHEMA, REBUILT_TABLES } from './shadow-schema.ts';

type Database = Pick<PoolClient, 'query'> | Pool;

/**
 * How far the live processor has come, by partition: exactly what lies before is in the live tables, since each batch
 * writes both in one transaction. Several groups that fed the same tables count as one: together they applied what the
 * one furthest on has.
 */
export async function readFences(db: Database, topic: string): Promise<Positions> {
  const { rows } = await db.query<{ partition: number; fence: string }>(
    `SELECT partition, max(next_offset)::text AS fence FROM ${LIVE_SCHEMA}.consumer_offset WHERE topic = $1 GROUP BY partition`,
    [topic],
  );
  return new Map(rows.map(({ partition, fence }) => [partition, BigInt(fence)]));
}

/** Other topics from which something was applied to the live tables. */
export async function readOtherTopics(db: Database, topic: string): Promise<readonly string[]> {
  const { rows } = await db.query<{ topic: string }>(
    `SELECT DISTINCT topic FROM ${LIVE_SCHEMA}.consumer_offset WHERE topic <> $1 ORDER BY 1`,
    [topic],
  );
  return rows.map((row) => row.topic);
}

/** The migrations that made the live tables what they are. */
export async function readMigrations(db: Database): Promise<string> {
  const { rows } = await db.query<{ names: string | null }>(
    `SELECT string_agg(name, ', ' ORDER BY name) AS names FROM ${LIVE_SCHEMA}.${MIGRATIONS_TABLE}`,
  );
  return rows[0]?.names ?? '';
}

const FIND_OBSTACLES = `
  WITH live AS (SELECT oid, relname FROM pg_class WHERE relnamespace = $1::regnamespace AND relname = ANY ($2::text[]))
  SELECT format('trigger %s on %s', tgname, relname) AS obstacle FROM live JOIN pg_trigger ON tgrelid = live.oid WHERE NOT tgisinternal
  UNION ALL
  SELECT format('foreign key %s on %s', conname, conrelid::regclass) FROM live
  JOIN pg_constraint ON live.oid IN (conrelid, confrelid) WHERE contype = 'f'
  UNION ALL
  SELECT format('policy %s on %s', polname, relname) FROM live JOIN pg_policy ON polrelid = live.oid
  UNION ALL
  SELECT format('publication %s of %s', pubname, relname) FROM live JOIN pg_publication_rel ON prrelid = live.oid
  JOIN pg_publication p ON p.oid = prpubid
  UNION ALL
  SELECT DISTINCT format('materialized view %s', v.oid::regclass) FROM live
  JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = live.oid AND d.classid = 'pg_rewrite'::regclass
  JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class v ON v.oid = r.ev_class WHERE v.relkind = 'm'
  UNION ALL
  SELECT format('%s belongs to %s, and you are %s', relname, pg_get_userbyid(c.relowner), current_user)
  FROM live JOIN pg_class c USING (oid, relname) WHERE NOT pg_has_role(c.relowner, 'MEMBER')
  ORDER BY 1`;

/** What hangs on the live tables and would stay with the old ones, or cannot be swapped by this user. */
export async function findSwapObstacles(db: Database): Promise<readonly string[]> {
  const { rows } = await db.query<{ obstacle: string }>(FIND_OBSTACLES, [LIVE_SCHEMA, REBUILT_TABLES]);
  return rows.map(({ obstacle }) => obstacle);
}
