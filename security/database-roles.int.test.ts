import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MIGRATIONS_TABLE } from '@orderflow/service-kit/migrations';
import { deployDatabase, withClient, type DeployedDatabase, type Role, type Schema } from './deployed-database.ts';

const INSUFFICIENT_PRIVILEGE = '42501';

/** Everything that each role may do with each table and its columns. What is not here is refused, and tested to be. */
const ALLOWED: Readonly<
  Record<Schema, Partial<Record<Exclude<Role, 'owner'>, Readonly<Record<string, readonly string[]>>>>>
> = {
  orders: {
    runtime: {
      orders: ['SELECT', 'INSERT', 'UPDATE status, sequence, updated_at'],
      idempotency_keys: ['SELECT', 'INSERT', 'UPDATE request_hash', 'DELETE'],
      event_outbox: ['INSERT'],
      event_outbox_dead: [],
      outbox_parked: [],
      outbox_publisher: [],
      outbox_shard: [],
    },
    publisher: {
      orders: [],
      idempotency_keys: [],
      event_outbox: ['SELECT', 'INSERT', 'UPDATE tracestate', 'DELETE'],
      event_outbox_dead: ['SELECT', 'INSERT', 'UPDATE attempts, error, died_at', 'DELETE'],
      outbox_parked: ['SELECT', 'INSERT', 'UPDATE attempts, next_attempt_at, last_error', 'DELETE'],
      outbox_publisher: ['SELECT', 'INSERT', 'UPDATE expires_at', 'DELETE'],
      outbox_shard: ['SELECT', 'UPDATE owner, expires_at'],
    },
    auditor: {
      orders: ['SELECT'],
      idempotency_keys: ['SELECT key, order_id'],
      event_outbox: ['SELECT'],
      event_outbox_dead: ['SELECT'],
      outbox_parked: ['SELECT'],
      outbox_publisher: [],
      outbox_shard: [],
    },
  },
  analytics: {
    runtime: {
      consumer_offset: ['SELECT', 'INSERT', 'UPDATE next_offset, updated_at'],
      dead_letters: ['SELECT', 'INSERT', 'UPDATE forwarded_at, forward_error, replayed_at'],
      processed_events: ['SELECT', 'INSERT', 'DELETE'],
      sales_by_minute: ['SELECT', 'INSERT', 'UPDATE orders, revenue_cents, updated_at'],
      sales_by_product: ['SELECT', 'INSERT', 'UPDATE units, revenue_cents, updated_at'],
      sales_metrics: [],
      sales_totals: ['SELECT', 'INSERT', 'UPDATE value, updated_at'],
    },
    auditor: {
      consumer_offset: ['SELECT'],
      dead_letters: ['SELECT'],
      processed_events: ['SELECT'],
      sales_by_minute: ['SELECT'],
      sales_by_product: ['SELECT'],
      sales_metrics: ['SELECT'],
      sales_totals: ['SELECT'],
    },
  },
};

const ROLES = Object.entries(ALLOWED).flatMap(([schema, roles]) =>
  Object.keys(roles).map((role) => [schema as Schema, role as Exclude<Role, 'owner'>] as const),
);

let deployed: Readonly<Record<Schema, DeployedDatabase>>;

beforeAll(async () => {
  const [orders, analytics] = await Promise.all([deployDatabase('orders'), deployDatabase('analytics')]);
  deployed = { orders, analytics };
});

afterAll(async () => {
  for (const database of Object.values(deployed)) await database[Symbol.asyncDispose]();
});

interface Column {
  readonly table: string;
  readonly column: string;
}

/** The columns of everything in the schema, as its owner sees them. */
async function columnsOf(database: DeployedDatabase): Promise<readonly Column[]> {
  return withClient(database.urlOf('owner'), async (client) => {
    const { rows } = await client.query<Column>(
      `SELECT c.relname AS table, a.attname AS column FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
         AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum`,
    );
    return rows;
  });
}

const tablesOf = (columns: readonly Column[]): readonly string[] => [...new Set(columns.map(({ table }) => table))];

/** What became of each statement, tried by itself: `allowed`, or the SQLSTATE. */
async function outcomesOf(url: string, statements: readonly string[]): Promise<Record<string, string>> {
  return withClient(url, async (client) => {
    const outcomes: Record<string, string> = {};
    for (const statement of statements) {
      await client.query('BEGIN');
      outcomes[statement] = await client.query(statement).then(
        () => 'allowed',
        (error: unknown) => (error as { readonly code: string }).code,
      );
      await client.query('ROLLBACK');
    }
    return outcomes;
  });
}

const all = (statements: readonly string[], outcome: string): Record<string, string> =>
  Object.fromEntries(statements.map((statement) => [statement, outcome]));

// EXPLAIN checks the rights of a statement and stops there, so that no constraint gets in the way.
const INSERT = (table: string): string => `EXPLAIN INSERT INTO ${table} DEFAULT VALUES`;
const DELETE = (table: string): string => `EXPLAIN DELETE FROM ${table}`;
const SELECT = ({ table, column }: Column): string => `EXPLAIN SELECT ${column} FROM ${table}`;
const UPDATE = ({ table, column }: Column): string => `EXPLAIN UPDATE ${table} SET ${column} = DEFAULT`;

/** In the form of `ALLOWED`. Anything that is neither allowed nor refused for want of rights stands there as well. */
function describeTable(
  table: string,
  columns: readonly Column[],
  outcomes: Readonly<Record<string, string>>,
): readonly string[] {
  const own = columns.filter((each) => each.table === table);
  const verbs = {
    SELECT: own.filter((each) => outcomes[SELECT(each)] === 'allowed'),
    INSERT: outcomes[INSERT(table)] === 'allowed' ? own : [],
    UPDATE: own.filter((each) => outcomes[UPDATE(each)] === 'allowed'),
    DELETE: outcomes[DELETE(table)] === 'allowed' ? own : [],
  };
  return Object.entries(verbs).flatMap(([verb, allowed]) => {
    if (allowed.length === 0) return [];
    return allowed.length === own.length ? verb : `${verb} ${allowed.map(({ column }) => column).join(', ')}`;
  });
}

describe.each(ROLES)('in the database %s the role %s', (schema, role) => {
  test('may do with each table what it needs, and nothing else', async () => {
    const columns = await columnsOf(deployed[schema]);
    const tables = tablesOf(columns);
    const statements = tables.flatMap((table) => [INSERT(table), DELETE(table)]);
    for (const column of columns) statements.push(SELECT(column), UPDATE(column));
    const outcomes = await outcomesOf(deployed[schema].urlOf(role), statements);
    const allowed = tables.map((table) => [table, describeTable(table, columns, outcomes)] as const);
    expect(Object.fromEntries(allowed)).toEqual({ ...ALLOWED[schema][role], [MIGRATIONS_TABLE]: ['SELECT'] });
    // A grouped view takes no writes from anybody.
    const odd = Object.entries(outcomes).filter(
      ([statement, outcome]) =>
        !/ sales_metrics/.test(statement) && !['allowed', INSUFFICIENT_PRIVILEGE].includes(outcome),
    );
    expect(odd).toEqual([]);
  });

  test('is refused everything that is for the owner', async () => {
    const database = deployed[schema];
    const tables = tablesOf(await columnsOf(database)).filter((table) => table !== 'sales_metrics');
    const statements = [...reserved(database, role), ...tables.flatMap(changesOfTable)];
    expect(await outcomesOf(database.urlOf(role), statements)).toEqual(all(statements, INSUFFICIENT_PRIVILEGE));
  });

  test('is refused every row of the other database', async () => {
    const other = deployed[schema === 'orders' ? 'analytics' : 'orders'];
    const url = new URL(other.urlOf('owner'));
    const login = new URL(deployed[schema].urlOf(role));
    url.username = login.username;
    url.password = login.password;
    const statements = tablesOf(await columnsOf(other)).map((table) => `SELECT FROM ${table}`);
    expect(await outcomesOf(url.href, statements)).toEqual(all(statements, INSUFFICIENT_PRIVILEGE));
  });
});

/** What nobody but the owner or a superuser may do. */
function reserved(database: DeployedDatabase, role: Role): readonly string[] {
  const [owner, own] = [database.nameOf('owner'), database.nameOf(role)];
  return [
    'SELECT rolpassword FROM pg_authid',
    'SELECT * FROM pg_shadow',
    'CREATE TABLE mine (id int)',
    'CREATE SCHEMA mine',
    'CREATE FUNCTION mine() RETURNS int LANGUAGE sql RETURN 1',
    'CREATE EXTENSION pg_stat_statements',
    'CREATE ROLE accomplice',
    `ALTER ROLE ${own} SUPERUSER`,
    `SET ROLE ${owner}`,
    `GRANT ${owner} TO ${own}`,
    `GRANT pg_read_all_data TO ${own}`,
    'SET session_replication_role = replica',
    `SELECT pg_read_file('postgresql.conf')`,
    `COPY (SELECT 1) TO '/tmp/orderflow-must-not-exist'`,
    `COPY (SELECT 1) TO PROGRAM 'true'`,
  ];
}

function changesOfTable(table: string): readonly string[] {
  return [
    `TRUNCATE ${table} CASCADE`,
    `DROP TABLE ${table} CASCADE`,
    `ALTER TABLE ${table} ADD COLUMN forged int`,
    `ALTER TABLE ${table} DISABLE TRIGGER ALL`,
    `CREATE INDEX ON ${table} ((1))`,
    `CREATE TRIGGER forged BEFORE INSERT ON ${table} EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
    `ALTER TABLE ${table} OWNER TO CURRENT_USER`,
  ];
}
