/** A migration that exists for the demonstration only: the orders schema grows (expand) and shrinks again (contract). */
export interface DemoMigration {
  readonly file: string;
  readonly sql: string;
}

/** Numbers far above those of the service, which count from 0001. */
const FIRST_NUMBER = 9_001;
const SUFFIX = 'rolling_demo';

/** The migrations of the versions that `rounds` rounds roll out, one more in each: a column comes, and goes again. */
export function demoMigrations(rounds: number): readonly DemoMigration[] {
  return Array.from({ length: rounds }, (_, index) => {
    const change = index % 2 === 0 ? 'ADD COLUMN demo_note text' : 'DROP COLUMN demo_note';
    return {
      file: `${FIRST_NUMBER + index}_${SUFFIX}.sql`,
      sql: `-- Up Migration\nALTER TABLE orders ${change};\n-- Down Migration\n`,
    };
  });
}

/**
 * Takes every trace of the demonstration out of the database, run by the owner after the version without its migrations
 * is back. Left there, the names would stand in the way of the service's own next migration.
 */
export const UNDO_DEMO_MIGRATIONS = `
ALTER TABLE orders DROP COLUMN IF EXISTS demo_note;
DELETE FROM schema_migrations WHERE name LIKE '%\\_${SUFFIX}'`;
