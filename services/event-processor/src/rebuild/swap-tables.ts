import type { PoolClient } from '@orderflow/service-kit/postgres';
import { LIVE_SCHEMA, REBUILT_TABLES } from './shadow-schema.ts';

/** Behind a writer or an autovacuum; longer than the second after which autovacuum gives way. */
const WRITERS_LOCK_TIMEOUT_MS = 2_000;
/** Behind readers. Shorter than the second after which a deadlock is looked for, so that we give way and not they. */
const READERS_LOCK_TIMEOUT_MS = 500;

/**
 * Keeps every writer of analytics out, and readers in, until the transaction ends. Batches lock their offsets first, so
 * none is in the middle of its work once this table is ours; the others are for pruning and for people.
 *
 * @param budgetMs after so long without a word from us the server ends the transaction.
 */
export async function lockOutWriters(tx: PoolClient, budgetMs: number): Promise<void> {
  await tx.query(`SET LOCAL idle_in_transaction_session_timeout = ${budgetMs}`);
  await tx.query(`SET LOCAL lock_timeout = ${WRITERS_LOCK_TIMEOUT_MS}`);
  const tables = ['consumer_offset', ...REBUILT_TABLES, 'dead_letters'].map((table) => `${LIVE_SCHEMA}.${table}`);
  await tx.query(`LOCK TABLE ${tables.join(', ')} IN SHARE ROW EXCLUSIVE MODE`);
}

/** Views keep to the tables that they were made of, wherever these go: each is made anew, which leaves its rights alone. */
const DESCRIBE_VIEWS = `
  SELECT DISTINCT v.oid::regclass::text AS name, format('CREATE OR REPLACE VIEW %s%s AS %s', v.oid::regclass,
    ' WITH (' || array_to_string(v.reloptions, ', ') || ')', pg_get_viewdef(v.oid)) AS statement
  FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class v ON v.oid = r.ev_class
  WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND v.relkind = 'v'
    AND d.refobjid IN (SELECT oid FROM pg_class WHERE relnamespace = $1::regnamespace AND relname = ANY ($2::text[]))
  ORDER BY 1`;

/** The rights of everybody but the owner, on tables and on single columns. */
const DESCRIBE_GRANTS = `
  WITH live AS (
    SELECT oid, relname, relowner, relacl FROM pg_class
    WHERE relnamespace = $1::regnamespace AND relname = ANY ($2::text[])
  ), rights (relname, relowner, columns, acl) AS (
    SELECT relname, relowner, '', relacl FROM live
    UNION ALL
    SELECT relname, relowner, format(' (%I)', attname), attacl FROM live JOIN pg_attribute ON attrelid = live.oid
  )
  SELECT '' AS name, format('GRANT %s%s ON %I.%I TO %s%s', a.privilege_type, columns, $3::text, relname,
    CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
    CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) AS statement
  FROM rights CROSS JOIN LATERAL aclexplode(acl) a
  WHERE a.grantee <> relowner`;

export interface SwapSchemas {
  /** Of the rebuilt tables. */
  readonly shadow: string;
  /** Where the live tables go. It is made. */
  readonly old: string;
}

/**
 * Puts the rebuilt tables in the place of the live ones, with their rights and under their views. Dead letters that live
 * lacks are added to it. Prepared statements of others notice by themselves: PostgreSQL plans them anew by their names.
 */
export async function swapTables(tx: PoolClient, { shadow, old }: SwapSchemas): Promise<void> {
  await tx.query('SET LOCAL search_path TO pg_catalog'); // so that all names come qualified
  const views = await statementsOf(tx, DESCRIBE_VIEWS, [LIVE_SCHEMA, REBUILT_TABLES]);
  const grants = await statementsOf(tx, DESCRIBE_GRANTS, [LIVE_SCHEMA, REBUILT_TABLES, shadow]);
  await tx.query(`SET LOCAL lock_timeout = ${READERS_LOCK_TIMEOUT_MS}`);
  // Views first, as readers lock: who has the view and waits for its table must not wait for us.
  const names = [...views.map(({ name }) => name), ...REBUILT_TABLES.map((table) => `${LIVE_SCHEMA}.${table}`)];
  await tx.query(`LOCK TABLE ${names.join(', ')} IN ACCESS EXCLUSIVE MODE`);
  await tx.query(`CREATE SCHEMA ${old}`);
  for (const { statement } of grants) await tx.query(statement);
  for (const table of REBUILT_TABLES) {
    await tx.query(`ALTER TABLE ${LIVE_SCHEMA}.${table} SET SCHEMA ${old}`);
    await tx.query(`ALTER TABLE ${shadow}.${table} SET SCHEMA ${LIVE_SCHEMA}`);
  }
  for (const { statement } of views) await tx.query(statement);
  await tx.query(`INSERT INTO ${LIVE_SCHEMA}.dead_letters SELECT * FROM ${shadow}.dead_letters ON CONFLICT DO NOTHING`);
}

async function statementsOf(
  tx: PoolClient,
  query: string,
  values: readonly unknown[],
): Promise<readonly { readonly name: string; readonly statement: string }[]> {
  const { rows } = await tx.query<{ name: string; statement: string }>(query, [...values]);
  return rows;
}
