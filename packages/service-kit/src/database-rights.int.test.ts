import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@orderflow/local/testing';
import { Client } from 'pg';
import { grantRights } from './database-rights.ts';
import { MIGRATIONS_TABLE } from './migrations.ts';

const ROLE = `rights_${process.pid}`;
const INSUFFICIENT_PRIVILEGE = '42501';

let database: TestDatabase;
let owner: Client;

beforeEach(async () => {
  database = await createTestDatabase();
  owner = new Client({ connectionString: database.url });
  await owner.connect();
  await owner.query(`CREATE ROLE ${ROLE}; CREATE TABLE ${MIGRATIONS_TABLE} (name text);
    CREATE TABLE things (id int GENERATED ALWAYS AS IDENTITY, name text, kind text);
    CREATE TABLE others (id serial, name text)`);
});

afterEach(async () => {
  await owner.query(`DROP OWNED BY ${ROLE}; DROP ROLE ${ROLE}`);
  await owner.end();
  await database.drop();
});

async function outcomesOf(statements: readonly string[]): Promise<readonly string[]> {
  const outcomes: string[] = [];
  await owner.query(`SET ROLE ${ROLE}`);
  for (const statement of statements) {
    outcomes.push(
      await owner.query(statement).then(
        () => 'allowed',
        (error: unknown) => (error as { readonly code: string }).code,
      ),
    );
  }
  await owner.query('RESET ROLE');
  return outcomes;
}

test('a role may do what it was granted to each table, and nothing else', async () => {
  await grantRights(owner, { role: ROLE, rights: [{ things: 'SELECT, INSERT, UPDATE (name)' }] });
  const allowed = [
    `INSERT INTO things (name) VALUES ('a')`,
    `UPDATE things SET name = 'b'`,
    'SELECT * FROM things',
    `SELECT * FROM ${MIGRATIONS_TABLE}`,
  ];
  expect(await outcomesOf(allowed)).toEqual(allowed.map(() => 'allowed'));
  const refused = [
    `UPDATE things SET kind = 'c'`,
    'DELETE FROM things',
    'TRUNCATE things',
    'DROP TABLE things',
    'ALTER TABLE things ADD COLUMN other int',
    'CREATE TABLE mine (id int)',
    'SELECT * FROM others',
    `SELECT nextval('others_id_seq')`,
    `INSERT INTO ${MIGRATIONS_TABLE} VALUES ('9999_forged')`,
  ];
  expect(await outcomesOf(refused)).toEqual(refused.map(() => INSUFFICIENT_PRIVILEGE));
});

test('a role that does the work of two has the rights of both', async () => {
  await grantRights(owner, { role: ROLE, rights: [{ things: 'SELECT' }, { things: 'DELETE', others: 'SELECT' }] });
  expect(await outcomesOf(['SELECT * FROM things', 'DELETE FROM things', 'SELECT * FROM others'])).toEqual([
    'allowed',
    'allowed',
    'allowed',
  ]);
});

test('rights of before are taken back, those of columns and sequences as well', async () => {
  await owner.query(`GRANT ALL ON things, others TO ${ROLE}; GRANT UPDATE (kind) ON things TO ${ROLE};
    GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO ${ROLE}`);
  await grantRights(owner, { role: ROLE, rights: [{ things: 'SELECT' }] });
  const refused = [
    'DELETE FROM things',
    `UPDATE things SET kind = 'c'`,
    'SELECT * FROM others',
    `SELECT nextval('others_id_seq')`,
  ];
  expect(await outcomesOf(refused)).toEqual(refused.map(() => INSUFFICIENT_PRIVILEGE));
});

test('a role that cannot be given all of its rights keeps those that it has', async () => {
  await grantRights(owner, { role: ROLE, rights: [{ things: 'SELECT' }] });
  await expect(grantRights(owner, { role: ROLE, rights: [{ missing: 'SELECT' }] })).rejects.toThrow('missing');
  expect(await outcomesOf(['SELECT * FROM things'])).toEqual(['allowed']);
});
