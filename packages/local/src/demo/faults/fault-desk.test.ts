import { expect, test } from '@jest/globals';
import type { FaultReport } from '@orderflow/contracts/fault-report';
import { FaultDesk } from './fault-desk.ts';
import type { FaultCall } from './inject-fault.ts';

/** A desk whose faults end when the test says so. */
function openDesk() {
  const calls: { readonly kind: string; readonly call: FaultCall; end(error?: Error): void }[] = [];
  const reports: FaultReport[] = [];
  const desk = new FaultDesk({
    inject: (kind, call) => {
      const over = Promise.withResolvers<void>();
      calls.push({ kind, call, end: (error) => (error === undefined ? over.resolve() : over.reject(error)) });
      call.signal.addEventListener('abort', () => over.reject(new Error('aborted')));
      return over.promise;
    },
    judge: () => Promise.resolve('proved, 3 orders, 0 lost, 0 duplicated'),
    onChange: (report) => void reports.push(report),
    nowMs: () => 0,
  });
  desk.open();
  const texts = (): string[] => desk.report.events.map(({ text }) => text).toReversed();
  return { desk, calls, reports, texts };
}

test('a second click and another viewer find it busy, and nothing more is broken', async () => {
  const { desk, calls } = openDesk();
  expect([desk.strike('flood'), desk.strike('flood'), desk.strike('kill-processor')]).toEqual([
    'started',
    'busy',
    'busy',
  ]);
  expect(calls.map(({ kind }) => kind)).toEqual(['flood']);
  calls[0]?.end();
  await desk.rest();
  expect(desk.strike('kill-processor')).toBe('started');
});

test('tells what happened, and the verdict after it', async () => {
  const { desk, calls, texts, reports } = openDesk();
  desk.strike('flood');
  calls[0]?.call.tell('more orders');
  calls[0]?.end();
  await desk.stop();
  expect(texts().slice(0, 2)).toEqual(['Flood', 'more orders']);
  expect(reports.some(({ running }) => running === 'flood')).toBe(true);
  expect(desk.report.running).toBeNull();
});

test('the verdict comes after the fault, and holds nothing up', async () => {
  const { desk, calls, texts } = openDesk();
  desk.strike('flood');
  calls[0]?.end();
  await desk.rest();
  await Promise.resolve();
  expect(texts()).toEqual(['Flood', 'after "Flood": proved, 3 orders, 0 lost, 0 duplicated']);
});

test('a fault that fails is told of, and the next one may come', async () => {
  const { desk, calls, texts } = openDesk();
  desk.strike('flood');
  calls[0]?.end(new Error('no load generator'));
  await desk.rest();
  expect(texts()[1]).toBe('Flood failed: no load generator');
  expect(desk.strike('flood')).toBe('started');
});

test('closing waits for the fault that is under way, and takes none meanwhile or after it', async () => {
  const { desk, calls } = openDesk();
  desk.strike('flood');
  let isClosed = false;
  const closed = desk.close().then(() => (isClosed = true));
  expect(desk.strike('flood')).toBe('closed');
  await Promise.resolve();
  expect(isClosed).toBe(false);
  calls[0]?.end();
  await closed;
  expect(desk.strike('flood')).toBe('closed');
});

test('a platform that stops ends the fault early, and opens for none any more', async () => {
  const { desk, calls, texts } = openDesk();
  desk.strike('flood');
  await desk.stop();
  expect(calls[0]?.call.signal.aborted).toBe(true);
  expect(texts()).toEqual(['Flood']);
  desk.open();
  expect(desk.strike('flood')).toBe('closed');
});

test('knows no other faults', () => {
  const { desk } = openDesk();
  expect([desk.strike('format-disk'), desk.strike('constructor')]).toEqual(['unknown', 'unknown']);
});
