import { expect, test } from '@jest/globals';
import { exercise } from './warm-up.ts';

const REQUEST = { method: 'POST', path: '/things', headers: { 'content-type': 'text/plain' }, body: 'x' };

test('sends the request so many times, and leaves nothing open', async () => {
  const paths: string[] = [];
  await exercise(
    (request, response) => {
      paths.push(`${request.method} ${request.url}`);
      request.resume();
      response.end('ok');
    },
    REQUEST,
    20,
  );
  expect(paths).toEqual(Array.from({ length: 20 }, () => 'POST /things'));
});

test('says so when the handler cuts the connection', async () => {
  await expect(exercise((request) => request.socket.destroy(), REQUEST, 1)).rejects.toThrow('socket hang up');
});
