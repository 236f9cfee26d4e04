import { escapeIdentifier, type ClientBase } from 'pg';
import { MIGRATIONS_TABLE } from './migrations.ts';

/**
 * Lets a role read and write the rows of everything in the schema `public`, and read which migrations were applied. It
 * may not create, alter or drop anything. To be repeated after each migration, as new tables belong to nobody else.
 *
 * @throws {Error} when the role does not exist, or the caller does not own the tables.
 */
export async function grantRuntimeAccess(client: ClientBase, role: string): Promise<void> {
  const grantee = escapeIdentifier(role);
  await client.query(`
    GRANT USAGE ON SCHEMA public TO ${grantee};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${grantee};
    GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO ${grantee};
    REVOKE INSERT, UPDATE, DELETE ON ${MIGRATIONS_TABLE} FROM ${grantee};
  `);
}
