import { join } from 'node:path';
import { describeError } from '@orderflow/local/local-error';
import { createProgressLog } from '@orderflow/local/progress';
import { chromium } from 'playwright-core';
import { CHECKS, openPage, type Session } from './checks.ts';
import { startDemo } from './running-demo.ts';

const [, , executablePath = 'chromium'] = process.argv;
const log = createProgressLog({ stream: process.stderr });
let [passed, failed] = [0, 0];
try {
  await using stack = new AsyncDisposableStack();
  const session = await start(stack);
  for (const [name, check] of Object.entries(CHECKS)) {
    try {
      const told = await check(session);
      passed += 1;
      process.stdout.write(`ok      ${name}${told === undefined ? '' : `; ${told}`}\n`);
    } catch (error: unknown) {
      failed += 1;
      process.stdout.write(`FAILED  ${name}: ${describeError(error)}\n`);
    }
  }
} catch (error: unknown) {
  failed += 1;
  process.stdout.write(`FAILED  ${describeError(error)}\n`);
}
process.exitCode = Number(failed > 0 || passed === 0);
process.stdout.write(`${passed} passed, ${failed} failed\n`);

async function start(stack: AsyncDisposableStack): Promise<Session> {
  const demo = await startDemo(stack, log);
  // Chromium's sandbox does not work for root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath, args });
  stack.defer(() => browser.close());
  const complaints: string[] = [];
  const opened = { ...demo, browser, complaints };
  const pictures = join(import.meta.dirname, '..', '..', '.local');
  return { ...opened, pictures, page: await openPage(opened, 'light') };
}
