import { expect, test } from '@jest/globals';
import { createProgress } from './progress.ts';

function scene(isTTY: boolean) {
  const written: string[] = [];
  let nowMs = 0;
  const stream = { isTTY, write: (text: string) => written.push(text) > 0 };
  const progress = createProgress({ stream, nowMs: () => nowMs });
  return { written, progress, pass: (ms: number) => (nowMs += ms) };
}

test('rewrites one line on a terminal, not more often than an eye can follow', () => {
  const { written, progress, pass } = scene(true);
  progress.update('1');
  progress.update('2');
  pass(100);
  progress.update('3');
  progress.clear();
  expect(written).toEqual(['\r\u001B[2K1', '\r\u001B[2K3', '\r\u001B[2K']);
});

test('elsewhere writes plain lines, and none when all is done within seconds', () => {
  const { written, progress, pass } = scene(false);
  progress.update('1');
  pass(4_999);
  progress.update('2');
  expect(written).toEqual([]);
  pass(1);
  progress.update('3');
  progress.say('done');
  progress.clear();
  expect(written).toEqual(['3\n', 'done\n']);
});
