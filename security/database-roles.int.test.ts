import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ANALYTICS_MIGRATIONS } from '@orderflow/event-processor/migrations';
import { createTestDatabase, testPostgresUrl, type TestDatabase } from '@orderflow/local/testing';
import { ORDER_MIGRATIONS } from '@orderflow/order-service/migrations';
import { silentLogger } from '@orderflow/service-kit/logger';
import { migrate, MIGRATIONS_TABLE } from '@orderflow/service-kit/migrations';
import { postgresEnv } from '@orderflow/service-kit/postgres';
import { grantRuntimeAccess } from '@orderflow/service-kit/runtime-role';
import { Client } from 'pg';
import { z } from 'zod';

const suffix = randomBytes(4).toString('hex');
const password = randomBytes(12).toString('hex');
const SOURCES = { orders: ORDER_MIGRATIONS, analytics: ANALYTICS_MIGRATIONS } as const;
type Schema = keyof typeof SOURCES;
const SCHEMAS = ['orders', 'analytics'] as const;

/** A migrated database as charts/data makes it: a runtime role for the service, and one for the auditor that reads. */
interface Deployed {
  readonly database: TestDatabase;
  readonly tables: readonly string[];
  readonly owner: string;
  readonly runtime: string;
  readonly auditor: string;
}

let deployed: Readonly<Record<Schema, Deployed>>;

async function withClient<Result>(url: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function deploy(schema: Schema): Promise<Deployed> {
  const roles = {
    owner: `owner_${suffix}`,
    runtime: `${schema}_runtime_${suffix}`,
    auditor: `${schema}_auditor_${suffix}`,
  };
  const database = await createTestDatabase();
  await withClient(database.url, async (admin) => {
    await admin.query(`CREATE ROLE ${roles.runtime} LOGIN PASSWORD '${password}'`);
    await admin.query(`CREATE ROLE ${roles.auditor} LOGIN PASSWORD '${password}' IN ROLE pg_read_all_data`);
    await admin.query(`ALTER DATABASE ${database.name} OWNER TO ${roles.owner}`);
    await admin.query(`ALTER SCHEMA public OWNER TO ${roles.owner}`);
  });
  const asOwner = loginUrl(database, roles.owner);
  await migrate(z.object(postgresEnv).parse({ DATABASE_URL: asOwner }), SOURCES[schema], silentLogger());
  const tables = await withClient(asOwner, async (client) => {
    await grantRuntimeAccess(client, roles.runtime);
    const found = await client.query<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`,
    );
    return found.rows.map(({ name }) => name);
  });
  return { database, tables, ...roles };
}

function loginUrl(database: TestDatabase, role: string): string {
  const url = new URL(database.url);
  url.username = role;
  url.password = password;
  return url.href;
}

beforeAll(async () => {
  await withClient(testPostgresUrl(), (admin) =>
    admin.query(`CREATE ROLE owner_${suffix} LOGIN PASSWORD '${password}'`),
  );
  deployed = { orders: await deploy('orders'), analytics: await deploy('analytics') };
});

afterAll(async () => {
  for (const { database } of Object.values(deployed)) await database.drop();
  const roles = [`owner_${suffix}`, ...Object.values(deployed).flatMap(({ runtime, auditor }) => [runtime, auditor])];
  await withClient(testPostgresUrl(), (admin) => admin.query(`DROP ROLE ${roles.join(', ')}`));
});

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

const INSUFFICIENT_PRIVILEGE = '42501';

/** What nobody but the owner or a superuser may do. */
const RESERVED = ({ owner, runtime }: Deployed): string[] => [
  'CREATE TABLE mine (id int)',
  'CREATE SCHEMA mine',
  'CREATE FUNCTION mine() RETURNS int LANGUAGE sql RETURN 1',
  'CREATE EXTENSION pg_stat_statements',
  'CREATE ROLE accomplice',
  `ALTER ROLE ${runtime} SUPERUSER`,
  `SET ROLE ${owner}`,
  `GRANT ${owner} TO ${runtime}`,
  'SET session_replication_role = replica',
  `SELECT pg_read_file('postgresql.conf')`,
  `COPY (SELECT 1) TO '/tmp/orderflow-must-not-exist'`,
  `COPY (SELECT 1) TO PROGRAM 'true'`,
  `INSERT INTO ${MIGRATIONS_TABLE} DEFAULT VALUES`,
  `UPDATE ${MIGRATIONS_TABLE} SET name = 'forged'`,
  `DELETE FROM ${MIGRATIONS_TABLE}`,
];

const CHANGES_OF_A_TABLE = (table: string): string[] => [
  `TRUNCATE ${table} CASCADE`,
  `DROP TABLE ${table} CASCADE`,
  `ALTER TABLE ${table} ADD COLUMN forged int`,
  `ALTER TABLE ${table} DISABLE TRIGGER ALL`,
  `CREATE INDEX ON ${table} ((1))`,
  `CREATE TRIGGER forged BEFORE INSERT ON ${table} EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
  `ALTER TABLE ${table} OWNER TO CURRENT_USER`,
];

describe.each(SCHEMAS)('the database %s', (schema) => {
  test('lets its service read and write the rows of its tables', async () => {
    const { database, runtime, tables } = deployed[schema];
    const own = tables.filter((table) => table !== MIGRATIONS_TABLE);
    expect(own.length).toBeGreaterThan(4);
    const statements = own.flatMap((table) => [`SELECT * FROM ${table}`, `DELETE FROM ${table}`]);
    expect(await outcomesOf(loginUrl(database, runtime), statements)).toEqual(all(statements, 'allowed'));
  });

  test('refuses its service everything that is for the owner', async () => {
    const { database, runtime, tables } = deployed[schema];
    // The auditor may read them: pg_read_all_data leaves no table out (SECURITY.md).
    const verifiers = 'SELECT rolpassword FROM pg_authid';
    const statements = [verifiers, ...RESERVED(deployed[schema]), ...tables.flatMap(CHANGES_OF_A_TABLE)];
    const outcomes = await outcomesOf(loginUrl(database, runtime), statements);
    expect(outcomes).toEqual(all(statements, INSUFFICIENT_PRIVILEGE));
  });

  test('lets the auditor read every table and change nothing', async () => {
    const { database, auditor, tables } = deployed[schema];
    const reads = tables.map((table) => `SELECT * FROM ${table}`);
    const changes = [
      ...RESERVED(deployed[schema]),
      ...tables.flatMap((table) => [`DELETE FROM ${table}`, `INSERT INTO ${table} DEFAULT VALUES`]),
      ...tables.flatMap(CHANGES_OF_A_TABLE),
    ];
    expect(await outcomesOf(loginUrl(database, auditor), [...reads, ...changes])).toEqual({
      ...all(reads, 'allowed'),
      ...all(changes, INSUFFICIENT_PRIVILEGE),
    });
  });

  test('refuses the service of the other database every row', async () => {
    const { database, tables } = deployed[schema];
    const other = deployed[schema === 'orders' ? 'analytics' : 'orders'].runtime;
    const statements = tables.flatMap((table) => [
      `SELECT * FROM ${table}`,
      `DELETE FROM ${table}`,
      `INSERT INTO ${table} DEFAULT VALUES`,
    ]);
    expect(await outcomesOf(loginUrl(database, other), statements)).toEqual(all(statements, INSUFFICIENT_PRIVILEGE));
  });
});
