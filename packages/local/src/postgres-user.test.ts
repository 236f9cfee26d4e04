import { expect, test } from '@jest/globals';
import { mayPass } from './postgres-user.ts';

const USER = { uid: 101, gid: 104 };

test.each([
  { directory: { mode: 0o40755, uid: 0, gid: 0 }, passes: true },
  { directory: { mode: 0o40711, uid: 0, gid: 0 }, passes: true },
  { directory: { mode: 0o40700, uid: 0, gid: 0 }, passes: false },
  { directory: { mode: 0o40700, uid: 101, gid: 0 }, passes: true },
  { directory: { mode: 0o40710, uid: 0, gid: 104 }, passes: true },
  // The owner's and the group's bits go before those of the others.
  { directory: { mode: 0o40655, uid: 101, gid: 0 }, passes: false },
  { directory: { mode: 0o40705, uid: 0, gid: 104 }, passes: false },
])('whether another user may pass through $directory: $passes', ({ directory, passes }) => {
  expect(mayPass(directory, USER)).toBe(passes);
});
