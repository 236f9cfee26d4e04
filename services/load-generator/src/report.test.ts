import { describe, expect, test } from '@jest/globals';
import { buildReport, decideExitCode, type LoadReport, type ReportFacts } from './report.ts';
import { createSchedule } from './schedule.ts';
import { parseSlo } from './slo.ts';
import { renderSummary } from './summary.ts';
import { Tally } from './tally.ts';

const stages = [{ startMs: 0, ratePerSecond: 1000 }];
const latency = { p50: 2, p90: 4, p95: 5, p99: 20, p999: 30, max: 40, mean: 3 };

function facts(overrides: Partial<ReportFacts> = {}, lateOrders = 0): ReportFacts {
  const tally = new Tally();
  Object.assign(tally.orders, { sent: 60_000, accepted: 60_000 });
  return {
    target: new URL('http://127.0.0.1:8080'),
    runId: 'run',
    seed: 42,
    stages,
    warmupMs: 5000,
    slos: ['p99<25ms', 'errors<0.1%'].flatMap((expression) => parseSlo(expression) ?? []),
    schedule: createSchedule(stages, 60_000),
    tally,
    latency,
    refusals: undefined,
    result: {
      pace: { startMs: 77, sent: 60_000, sendingMs: 60_000.4, maxSlipMs: 3.21098, lateOrders },
      elapsedMs: 60_012.3,
      cpuMicrosPerOrder: 81.23456,
    },
    startedAtMs: Date.parse('2026-01-31T12:00:00.000Z'),
    interruptedBy: undefined,
    ...overrides,
  };
}

function report(overrides: Partial<LoadReport> = {}): LoadReport {
  return { ...buildReport(facts()), ...overrides };
}

describe('buildReport', () => {
  test('puts numbers, times and objectives together', () => {
    expect(buildReport(facts())).toMatchObject({
      rate: 1000,
      durationMs: 60_000,
      sent: 60_000,
      accepted: 60_000,
      failed: 0,
      latencyMs: latency,
      achievedRate: 999.993,
      maxScheduleSlipMs: 3.211,
      scheduleKept: true,
      cpuMicrosPerOrder: 81.235,
      slo: [
        { expression: 'p99<25ms', actual: 20, met: true },
        { expression: 'errors<0.1%', actual: 0, met: true },
      ],
      startedAt: '2026-01-31T12:00:00.000Z',
      loadStartedAt: '2026-01-31T12:00:05.000Z',
      endedAt: '2026-01-31T12:01:00.012Z',
    });
  });

  test('the rate of a schedule with stages is its average', () => {
    const schedule = createSchedule([...stages, { startMs: 30_000, ratePerSecond: 3000 }], 60_000);
    expect(buildReport(facts({ schedule })).rate).toBe(2000);
  });

  test('says when the generator was too slow for its schedule', () => {
    expect(buildReport(facts({}, 60)).scheduleKept).toBe(true);
    const late = buildReport(facts({}, 61));
    expect(late.scheduleKept).toBe(false);
    expect(renderSummary(late)).toContain(
      'could not keep its own schedule: 61 of 60000 orders left more than 50 ms late',
    );
  });
});

describe('decideExitCode', () => {
  const missed = { slo: [{ expression: 'p99<25ms', actual: 26, met: false }] };

  test.each([
    ['all is well', {}, 0],
    ['some orders failed and no objective forbids it', { failed: 5 }, 0],
    ['an objective was missed', missed, 99],
    ['nothing was accepted', { accepted: 0 }, 1],
    ['an answer was wrong, whatever else happened', { ...missed, wrongAnswers: 1, interruptedBy: 'SIGTERM' }, 1],
    ['ended by SIGINT', { ...missed, interruptedBy: 'SIGINT' }, 130],
    ['ended by SIGTERM before anything was sent', { sent: 0, accepted: 0, interruptedBy: 'SIGTERM' }, 143],
  ] as const)('%s', (_case, overrides, exitCode) => {
    expect(decideExitCode(report(overrides))).toBe(exitCode);
  });
});

describe('renderSummary', () => {
  test('shows what matters of a good run and nothing of what did not happen', () => {
    expect(renderSummary(report()).split('\n')).toEqual([
      'target         http://127.0.0.1:8080/',
      'load           1000/s for 1 m, 1000/s sent',
      'orders         60000 sent, 60000 accepted, 0 failed',
      'latency        p50 2.0 ms  p90 4.0 ms  p99 20.0 ms  p99.9 30.0 ms  max 40.0 ms',
      'schedule slip  max 3.2 ms',
      'generator CPU  81 us per order',
      'objective      p99<25ms met: 20.00 ms',
      'objective      errors<0.1% met: 0 %',
    ]);
  });

  test('shows failures, wrong answers and missed objectives', () => {
    const text = renderSummary(
      report({
        failed: 3,
        rejected: 1,
        unknown: 2,
        failureReasons: { 'HTTP 503': 2, timeout: 1 },
        wrongAnswers: 1,
        wrongAnswerExamples: ['order 7: total 1 instead of 2'],
        latencyMs: null,
        interruptedBy: 'SIGTERM',
        slo: [
          { expression: 'p99<25ms', actual: null, met: false },
          { expression: 'errors<0.1%', actual: 0.0012, met: false },
        ],
      }),
    );
    for (const line of [
      '60000 sent, 60000 accepted, 3 failed (1 rejected, 2 unknown)',
      '2 x HTTP 503',
      'not measured',
      'p99<25ms MISSED: nothing was measured',
      'errors<0.1% MISSED: 0.12 %',
      'WRONG ANSWERS: 1\n  order 7: total 1 instead of 2',
      'ended early by SIGTERM',
    ]) {
      expect(text).toContain(line);
    }
  });
});
