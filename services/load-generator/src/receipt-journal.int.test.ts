import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ConfigError } from '@orderflow/service-kit/config';
import { ReceiptJournal, ReceiptsError } from './receipt-journal.ts';

const unexpected = (): void => {
  throw new Error('a write failed');
};

describe('ReceiptJournal', () => {
  let folder: string;
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'receipts-'))));
  afterEach(() => rm(folder, { recursive: true }));

  test('has all lines in the order of their appends once it is closed', async () => {
    const path = join(folder, 'new', 'receipts.jsonl');
    const lines = Array.from({ length: 10_000 }, (_, index) => `{"line":${index}}`);
    {
      await using journal = await ReceiptJournal.create(path, 'replace', unexpected);
      for (const line of lines) {
        journal.append(line);
        if (line.endsWith('00}')) await new Promise(setImmediate);
      }
    }
    expect(await readFile(path, 'utf8')).toBe(`${lines.join('\n')}\n`);
  });

  test('writes while the run goes on, so that a kill loses little', async () => {
    const path = join(folder, 'receipts.jsonl');
    await using journal = await ReceiptJournal.create(path, 'replace', unexpected);
    journal.append('first');
    while ((await readFile(path, 'utf8')) === '') await new Promise(setImmediate);
    expect(await readFile(path, 'utf8')).toBe('first\n');
  });

  test('replaces the journal of an earlier run', async () => {
    const path = join(folder, 'receipts.jsonl');
    await writeFile(path, 'old\n'.repeat(100));
    {
      await using journal = await ReceiptJournal.create(path, 'replace', unexpected);
      journal.append('new');
    }
    expect(await readFile(path, 'utf8')).toBe('new\n');
  });

  test('loses nothing of a load that runs when another one adds its receipts', async () => {
    const path = join(folder, 'receipts.jsonl');
    {
      await using running = await ReceiptJournal.create(path, 'replace', unexpected);
      running.append('before');
      while ((await readFile(path, 'utf8')) === '') await new Promise(setImmediate);
      await using added = await ReceiptJournal.create(path, 'append', unexpected);
      added.append('added');
      running.append('after');
    }
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(lines.toSorted()).toEqual(['added', 'after', 'before']);
  });

  test('tells at once, and again at the end, that a write failed', async () => {
    if (process.platform !== 'linux') return; // /dev/full is a disk without space
    const failed = Promise.withResolvers<void>();
    const journal = await ReceiptJournal.create('/dev/full', 'replace', () => failed.resolve());
    journal.append('lost');
    await failed.promise;
    journal.append('not tried');
    await expect(journal[Symbol.asyncDispose]()).rejects.toThrow(ReceiptsError);
  });

  test('a file that can not be opened is a bad option', async () => {
    await expect(ReceiptJournal.create(folder, 'replace', unexpected)).rejects.toThrow(ConfigError);
  });
});
