import { expect, test } from '@jest/globals';
import { startFaultControl } from './fault-control.ts';
import type { StrikeAnswer } from './fault-desk.ts';

test('injects a fault only for who has the token', async () => {
  const struck: string[] = [];
  let answer: StrikeAnswer = 'started';
  await using control = await startFaultControl((kind) => {
    struck.push(kind);
    return answer;
  });
  const ask = async (path: string, authorization: string, method = 'POST'): Promise<number> =>
    (await fetch(`${control.url}${path}`, { method, headers: { authorization } })).status;

  const right = `Bearer ${control.token}`;
  for (const wrong of ['', 'Bearer ', `Bearer ${control.token}0`, `Bearer ${'0'.repeat(64)}`, control.token]) {
    expect([wrong, await ask('/faults/flood', wrong)]).toEqual([wrong, 401]);
  }
  expect(struck).toEqual([]);

  expect(await ask('/faults/flood', right)).toBe(202);
  expect(await ask('/faults/flood', right, 'GET')).toBe(404);
  expect(await ask('/elsewhere', right)).toBe(404);
  answer = 'busy';
  expect(await ask('/faults/flood', right)).toBe(409);
  expect(struck.filter((kind) => kind !== 'unknown')).toEqual(['flood', 'flood']);
});
