import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const REPOSITORY = resolve(import.meta.dirname, '..');
const DOCUMENT = readFileSync(join(REPOSITORY, 'SECURITY.md'), 'utf8');

/** The risks with the tests that SECURITY.md names for them. */
const RISKS = DOCUMENT.split(/^### /m)
  .slice(1)
  .map((section) => {
    const [heading = ''] = section.split('\n', 1);
    const tests = [...section.matchAll(/^- `([^`]+\.test\.ts)`: (.+)$/gm)];
    return { heading, tests: tests.map(([, file = '', title = '']) => ({ file, title: title.replaceAll('\\', '') })) };
  });

/** Whether a file has a test of that name; a line that is no test does not count. */
function hasTest({ file, title }: { readonly file: string; readonly title: string }): boolean {
  const path = join(REPOSITORY, file);
  if (!existsSync(path)) return false;
  const quoted = ["'", '`', '"'].map((quote) => `${quote}${title}${quote}, `);
  return readFileSync(path, 'utf8')
    .split('\n')
    .some((line) => quoted.some((text) => line.includes(text) || line.trim() === text.trim()));
}

describe('the OWASP API Security Top 10 in SECURITY.md', () => {
  test('is whole', () => {
    const ids = Array.from({ length: 10 }, (_, index) => `API${index + 1}:2023`);
    expect(RISKS.map(({ heading }) => heading.split(' ', 1)[0])).toEqual(ids);
  });

  test.each(RISKS.map(({ heading, tests }) => [heading, tests] as const))('%s names tests that exist', (_, tests) => {
    expect(tests.length).toBeGreaterThan(0);
    expect(tests.filter((each) => !hasTest(each))).toEqual([]);
  });

  test('would not be content with a title that is in no test', () => {
    const file = 'security/owasp-api-top-10.test.ts';
    expect(hasTest({ file, title: 'is whole' })).toBe(true);
    expect([hasTest({ file, title: 'is hol' }), hasTest({ file: 'security/none.test.ts', title: 'is whole' })]).toEqual(
      [false, false],
    );
  });
});
