import { expect, test } from '@jest/globals';
import { createTestDatabase } from '@orderflow/local/testing';
import { Client } from 'pg';
import { MIGRATIONS_TABLE } from './migrations.ts';
import { grantRuntimeAccess } from './runtime-role.ts';

const ROLE = `runtime_${process.pid}`;

async function outcomeOf(client: Client, sql: string): Promise<string> {
  try {
    await client.query(sql);
    return 'allowed';
  } catch (error: unknown) {
    return (error as { code: string }).code;
  }
}

test('the runtime role reads and writes rows, and changes neither the schema nor the list of migrations', async () => {
  const database = await createTestDatabase();
  const owner = new Client({ connectionString: database.url });
  await owner.connect();
  try {
    await owner.query(`CREATE TABLE things (id int GENERATED ALWAYS AS IDENTITY, name text);
      CREATE VIEW names AS SELECT name FROM things; CREATE TABLE ${MIGRATIONS_TABLE} (name text);
      CREATE ROLE ${ROLE}`);
    await grantRuntimeAccess(owner, ROLE);
    await owner.query(`SET ROLE ${ROLE}`);

    const allowed = [
      `INSERT INTO things (name) VALUES ('a')`,
      `UPDATE things SET name = 'b'`,
      'SELECT * FROM names',
      'DELETE FROM things',
      `SELECT * FROM ${MIGRATIONS_TABLE}`,
    ];
    for (const sql of allowed) expect([sql, await outcomeOf(owner, sql)]).toEqual([sql, 'allowed']);
    const refused = [
      'ALTER TABLE things ADD COLUMN other int',
      'DROP TABLE things',
      'TRUNCATE things',
      'CREATE TABLE mine (id int)',
      `INSERT INTO ${MIGRATIONS_TABLE} VALUES ('9999_forged')`,
    ];
    for (const sql of refused) expect([sql, await outcomeOf(owner, sql)]).toEqual([sql, '42501']);
  } finally {
    await owner.query(`RESET ROLE; DROP OWNED BY ${ROLE}; DROP ROLE ${ROLE}`);
    await owner.end();
    await database.drop();
  }
});
