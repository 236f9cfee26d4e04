import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { readConfig } from './config.ts';

/** `KEY_FILE`, as mounted secrets come. */
describe('a variable that stands in a file', () => {
  const schema = z.object({ PASSWORD: z.string().min(3, 'must be longer') });
  let directory = '';

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'config-'));
  });

  afterAll(async () => {
    await rm(directory, { recursive: true });
  });

  async function fileWith(text: string): Promise<string> {
    const path = join(directory, 'secret');
    await writeFile(path, text);
    return path;
  }

  test('is read without the line break at its end', async () => {
    const PASSWORD_FILE = await fileWith(' hunter2\n');
    expect(readConfig(schema, { PASSWORD_FILE })).toEqual({ PASSWORD: ' hunter2' });
    expect(readConfig(schema, { PASSWORD_FILE, PASSWORD: '' })).toEqual({ PASSWORD: ' hunter2' });
  });

  test('keeps the line breaks within, as PEM needs', async () => {
    const PASSWORD_FILE = await fileWith('-----BEGIN\nabc\n-----END\n');
    expect(readConfig(schema, { PASSWORD_FILE }).PASSWORD).toBe('-----BEGIN\nabc\n-----END');
  });

  test('is checked like any other, and not told', async () => {
    const PASSWORD_FILE = await fileWith('h2');
    expect(() => readConfig(schema, { PASSWORD_FILE })).toThrow(/^invalid configuration: PASSWORD must be longer$/);
  });

  test('counts as unset when the file is empty', async () => {
    const PASSWORD_FILE = await fileWith('\n');
    expect(() => readConfig(schema, { PASSWORD_FILE })).toThrow('PASSWORD is required');
  });

  test('may not be given twice', async () => {
    const PASSWORD_FILE = await fileWith('hunter2');
    const given = { PASSWORD_FILE, PASSWORD: 'hunter3' };
    expect(() => readConfig(schema, given)).toThrow(
      /^invalid configuration: PASSWORD is set twice: as PASSWORD and as PASSWORD_FILE$/,
    );
  });

  test('must be readable: a default does not step in for a secret that did not come', () => {
    const withDefault = z.object({ PASSWORD: z.string().default('none'), PORT: z.string() });
    const env = { PASSWORD_FILE: join(directory, 'missing') };
    expect(() => readConfig(withDefault, env)).toThrow(
      /^invalid configuration: PASSWORD cannot be read from PASSWORD_FILE \(ENOENT\); PORT is required$/,
    );
    expect(() => readConfig(withDefault, { PASSWORD_FILE: directory, PORT: '1' })).toThrow('(EISDIR)');
  });
});
