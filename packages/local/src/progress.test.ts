import { describe, expect, test } from '@jest/globals';
import { createProgressLog } from './progress.ts';

function recordingStream(isTTY: boolean) {
  const written: string[] = [];
  return { written, isTTY, write: (text: string) => written.push(text) > 0 };
}

describe('progress', () => {
  test('rewrites one line of a terminal, and a step clears it', () => {
    const stream = recordingStream(true);
    const log = createProgressLog({ stream });
    log.update('1 jar');
    log.update('2 jars');
    log.step('done');
    const clear = '\r\u001B[2K';
    expect(stream.written).toEqual([`${clear}1 jar`, `${clear}2 jars`, `${clear}done\n`]);
  });

  test('is a plain line every five seconds elsewhere', () => {
    const stream = recordingStream(false);
    let nowMs = 0;
    const log = createProgressLog({ stream, nowMs: () => nowMs });
    log.step('fetching');
    for (nowMs = 1_000; nowMs <= 11_000; nowMs += 1_000) log.update(`at ${nowMs}`);
    expect(stream.written).toEqual(['fetching\n', 'at 5000\n', 'at 10000\n']);
  });
});
