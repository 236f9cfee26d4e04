import { expect, test } from '@jest/globals';
import { scramArguments } from './kafka-security.ts';

test('passwords do not stand on the command line', () => {
  const [flag, credential] = scramArguments([{ username: 'app', password: 'open, sesame' }]);
  expect(flag).toBe('--add-scram');
  expect(credential).toMatch(
    /^SCRAM-SHA-512=\[name=app,iterations=4096,salt="[\w+/=]{24}",saltedpassword="[\w+/=]{88}"\]$/,
  );
});
