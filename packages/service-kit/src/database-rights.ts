import { escapeIdentifier, type ClientBase } from 'pg';
import { MIGRATIONS_TABLE } from './migrations.ts';

/** What may be done with each table, as GRANT spells it: `{ orders: 'SELECT, INSERT, UPDATE (status)' }`. */
export type DatabaseRights = Readonly<Record<string, string>>;

export interface RoleRights {
  readonly role: string;
  /** A role that does the work of several has the rights of all. */
  readonly rights: readonly DatabaseRights[];
}

/**
 * Gives a role these rights on the tables of the schema `public`, that to read which migrations were applied, and no
 * other: what it was granted before is taken back in the same transaction. It owns nothing, so it may not create, alter
 * or drop anything. To be repeated after each migration.
 *
 * @throws {Error} when the role or a table does not exist, or the caller does not own the tables.
 */
export async function grantRights(client: ClientBase, { role, rights }: RoleRights): Promise<void> {
  const grantee = escapeIdentifier(role);
  const granted = [{ [MIGRATIONS_TABLE]: 'SELECT' }, ...rights].flatMap(Object.entries);
  // One text is one transaction, so that a service that works meanwhile never finds itself without rights.
  await client.query(
    [
      `REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${grantee}`,
      `REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM ${grantee}`,
      `GRANT USAGE ON SCHEMA public TO ${grantee}`,
      ...granted.map(([table, privileges]) => `GRANT ${privileges} ON ${escapeIdentifier(table)} TO ${grantee}`),
    ].join(';\n'),
  );
}
