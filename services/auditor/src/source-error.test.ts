import { expect, test } from '@jest/globals';
import { readSource, SourceError } from './source-error.ts';

test('says which source and why', async () => {
  const reading = readSource('orders database db/orders', () => Promise.reject(new Error('no route to host')));
  await expect(reading).rejects.toThrow('the orders database db/orders cannot be read: no route to host');
  await expect(reading).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE', source: 'orders database db/orders' });
});

test('finds the reasons in an error that has only parts', async () => {
  const refused = new AggregateError([new Error('refused by ::1'), new Error('refused by 127.0.0.1')]);
  await expect(readSource('topic', () => Promise.reject(refused))).rejects.toThrow(
    'the topic cannot be read: refused by ::1, refused by 127.0.0.1',
  );
});

test('keeps the source that was named first', async () => {
  const inner = new SourceError('journal', 'line 3');
  await expect(readSource('everything', () => Promise.reject(inner))).rejects.toBe(inner);
});
