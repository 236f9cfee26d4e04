import { expect, test } from '@jest/globals';
import { parseStartTime } from './process-identity.ts';

const AFTER_COMMAND = 'S 1 4821 4821 0 -1 4194560 9 0 0 0 3 1 0 0 20 0 27 0 364046 1234567 890';

test.each(['java', 'my (odd) name', 'a) S 1 2 3'])('the start time is found behind the command %j', (command) => {
  expect(parseStartTime(`4821 (${command}) ${AFTER_COMMAND}\n`)).toBe('364046');
});
