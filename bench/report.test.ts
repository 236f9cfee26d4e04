import { describe, expect, test } from '@jest/globals';
import { buildReport, renderReport, type Findings } from './report.ts';

const side = (perSecond: number, cpuMicros: Record<string, number> = {}) => ({ perSecond, cpuMicros });

const facts = {
  bench: 'publisher',
  machine: { cpus: 2, loadAverage: { before: 0.5, after: 1.25 } },
  durability: {
    server: 'PostgreSQL 15.1',
    fsync: 'on',
    synchronousCommit: 'on',
    fullPageWrites: 'on',
    kafkaAcks: 'all',
  },
} as const;

const findings: Findings = {
  unit: 'events',
  names: { ours: 'order-service', rival: 'literal loop' },
  notes: ['a note'],
  rounds: [
    { ours: side(20_000, { service: 30, postgres: 20 }), rival: side(2_000, { service: 90, postgres: 200 }) },
    { ours: side(14_000, { service: 40, postgres: 22 }), rival: side(4_000, { service: 80, postgres: 210 }) },
    { ours: side(16_000, { service: 50, postgres: 24 }), rival: side(2_000, { service: 70, postgres: 220 }) },
  ],
  required: { ratio: 4, perSecond: 15_000 },
};

describe('buildReport', () => {
  test('takes the ratio within each round, and median and worst of those', () => {
    const report = buildReport(findings, facts);
    expect(report.rounds.map(({ ratio }) => ratio)).toEqual([10, 3.5, 8]);
    expect(report.medianRatio).toBe(8);
    expect(report.worstRatio).toBe(3.5);
  });

  test('judges medians against every bar', () => {
    expect(buildReport(findings, facts).bars).toEqual([
      { name: 'median ratio', value: 8, bar: 4, met: true },
      { name: 'median events/s', value: 16_000, bar: 15_000, met: true },
    ]);
  });

  test('misses a bar by a hair and meets it exactly', () => {
    const atBar = (perSecond: number) =>
      buildReport({ ...findings, rounds: [{ ours: side(perSecond), rival: side(1_000) }] }, facts).bars;
    expect(atBar(15_000).map(({ met }) => met)).toEqual([true, true]);
    expect(atBar(14_999).map(({ met }) => met)).toEqual([true, false]);
    expect(atBar(3_999).map(({ met }) => met)).toEqual([false, false]);
  });

  test('has no bar for a rate that is not required', () => {
    expect(buildReport({ ...findings, required: { ratio: 4 } }, facts).bars).toHaveLength(1);
  });
});

describe('renderReport', () => {
  test('shows rounds, medians, CPU, durability and bars', () => {
    const text = renderReport(buildReport({ ...findings, required: { ratio: 9, perSecond: 15_000 } }, facts));
    expect(text).toContain('publisher: order-service against literal loop');
    expect(text).toContain('fsync on, synchronous_commit on, full_page_writes on; Kafka acks all');
    expect(text).toContain('load average 0.50 before and 1.25 after');
    expect(text).toMatch(/^ {2}2 +14,000 +4,000 +3\.50$/m);
    expect(text).toContain('ratio: median 8.00, worst 3.50');
    expect(text).toMatch(/^ {2}order-service +40 +22 +62$/m);
    expect(text).toMatch(/^ {2}literal loop +80 +210 +290$/m);
    expect(text).toContain('MISSED median ratio 8.00, the bar is 9');
    expect(text).toContain('met    median events/s 16,000, the bar is 15,000');
  });

  test('leaves the CPU table out where the system does not tell', () => {
    const rounds = [{ ours: side(10), rival: side(1) }];
    expect(renderReport(buildReport({ ...findings, rounds }, facts))).not.toContain('CPU µs');
  });
});
