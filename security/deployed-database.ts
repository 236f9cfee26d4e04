import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTestDatabase, testPostgresUrl } from '@orderflow/local/testing';
import { Client } from 'pg';

const run = promisify(execFile);
const SERVICES = join(import.meta.dirname, '..', 'services');

/** Which service's migration Job brings which schema up to date. */
export const SCHEMAS = { orders: 'order-service', analytics: 'event-processor' } as const;
export type Schema = keyof typeof SCHEMAS;

export type Role = 'owner' | 'runtime' | 'publisher' | 'auditor';

/** A database as charts/data makes it and the migration Job leaves it: an owner, and roles that the Job grants rights. */
export interface DeployedDatabase extends AsyncDisposable {
  readonly schema: Schema;
  readonly name: string;
  /** The role's name. */
  nameOf(role: Role): string;
  /** A connection string with the role's login. */
  urlOf(role: Role): string;
}

export async function deployDatabase(
  schema: Schema,
  { password = randomBytes(12).toString('hex') }: { readonly password?: string } = {},
): Promise<DeployedDatabase> {
  const suffix = randomBytes(4).toString('hex');
  const roles = (['owner', 'runtime', 'publisher', 'auditor'] as const).map((role) => `${schema}_${role}_${suffix}`);
  const database = await createTestDatabase();
  const nameOf = (role: Role): string => `${schema}_${role}_${suffix}`;
  const urlOf = (role: Role): string => {
    const url = new URL(database.url);
    url.username = nameOf(role);
    url.password = password;
    return url.href;
  };
  await withClient(database.url, async (admin) => {
    for (const role of roles) await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
    await admin.query(`ALTER DATABASE ${database.name} OWNER TO ${nameOf('owner')}`);
    await admin.query(`ALTER SCHEMA public OWNER TO ${nameOf('owner')}`);
  });
  await run(process.execPath, [join(SERVICES, SCHEMAS[schema], 'src', 'migrate-main.ts')], {
    env: {
      DATABASE_URL: urlOf('owner'),
      DATABASE_RUNTIME_ROLE: nameOf('runtime'),
      DATABASE_PUBLISHER_ROLE: nameOf('publisher'),
      DATABASE_AUDITOR_ROLE: nameOf('auditor'),
    },
  });
  return {
    schema,
    name: database.name,
    nameOf,
    urlOf,
    [Symbol.asyncDispose]: async () => {
      await database.drop();
      await withClient(testPostgresUrl(), (admin) => admin.query(`DROP ROLE ${roles.join(', ')}`));
    },
  };
}

/** Runs `work` on a connection that is closed afterwards. */
export async function withClient<Result>(url: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
