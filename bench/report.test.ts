import { describe, expect, test } from '@jest/globals';
import { buildReport, summariesOf, type Findings, type Round } from './report.ts';
import { renderReport } from './report-text.ts';
import { renderPage } from './page-text.ts';

const side = (perSecond: number, cpuMicros: Record<string, number> = {}) => ({ perSecond, cpuMicros });
const LOOP = 'literal loop';
const against = (ours: Round['ours'], loop: Round['ours']): Round => ({ ours, peers: { [LOOP]: loop } });

const facts = {
  bench: 'publisher',
  command: 'npm run bench -- publisher',
  measuredAt: '2025-06-01T10:00:00.000Z',
  machine: {
    cpus: 2,
    cpuModel: 'a processor',
    memoryGiB: 16,
    system: 'Linux 6.1',
    node: 'v24.1.0',
    loadAverage: { before: 0.5, after: 1.25 },
  },
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
  ours: 'order-service',
  peers: [{ name: LOOP, required: 4 }],
  notes: ['a note'],
  rounds: [
    against(side(20_000, { service: 30, postgres: 20 }), side(2_000, { service: 90, postgres: 200 })),
    against(side(14_000, { service: 40, postgres: 22 }), side(4_000, { service: 80, postgres: 210 })),
    against(side(16_000, { service: 50, postgres: 24 }), side(2_000, { service: 70, postgres: 220 })),
  ],
  requiredPerSecond: 15_000,
};

describe('buildReport', () => {
  test('takes the ratio within each round, and median and worst of those', () => {
    const [loop] = buildReport(findings, facts).peers;
    expect(loop).toMatchObject({ ratios: [10, 3.5, 8], medianRatio: 8, worstRatio: 3.5, perSecond: 2_000 });
  });

  test('judges medians against every bar', () => {
    expect(buildReport(findings, facts).bars).toEqual([
      { name: 'median ratio to literal loop', value: 8, bar: 4, met: true },
      { name: 'median events/s', value: 16_000, bar: 15_000, met: true },
    ]);
  });

  test('misses a bar by a hair and meets it exactly', () => {
    const atBar = (perSecond: number) =>
      buildReport({ ...findings, rounds: [against(side(perSecond), side(1_000))] }, facts).bars;
    expect(atBar(15_000).map(({ met }) => met)).toEqual([true, true]);
    expect(atBar(14_999).map(({ met }) => met)).toEqual([true, false]);
    expect(atBar(3_999).map(({ met }) => met)).toEqual([false, false]);
  });

  test('judges every peer by itself, and not one without a bar', () => {
    const rounds = [{ ours: side(30), peers: { slow: side(10), fast: side(60), other: side(1) } }];
    const peers = [{ name: 'slow', required: 3 }, { name: 'fast', required: 1 }, { name: 'other' }];
    const { bars } = buildReport({ unit: 'events', ours: 'ours', notes: [], rounds, peers }, facts);
    expect(bars.map(({ name, value, met }) => ({ name, value, met }))).toEqual([
      { name: 'median ratio to slow', value: 3, met: true },
      { name: 'median ratio to fast', value: 0.5, met: false },
    ]);
  });

  test('refuses rounds in which a peer is missing', () => {
    const rounds = [...findings.rounds, { ours: side(1), peers: {} }];
    expect(() => buildReport({ ...findings, rounds }, facts)).toThrow('literal loop was not measured in every round');
  });
});

describe('summariesOf', () => {
  test('has a line for each peer, with the costs of both sides', () => {
    const report = buildReport(findings, facts);
    expect(summariesOf(report)).toEqual([
      {
        bench: 'publisher',
        peer: LOOP,
        ours: 16_000,
        theirs: 2_000,
        ratio: 8,
        worstRatio: 3.5,
        unit: 'events/s',
        cpuMicrosPerOrder: 62,
        theirCpuMicrosPerOrder: 290,
        walBytesPerOrder: null,
        theirWalBytesPerOrder: null,
      },
    ]);
  });
});

describe('renderReport', () => {
  test('shows rounds, medians, CPU, durability and bars', () => {
    const text = renderReport(buildReport({ ...findings, peers: [{ name: LOOP, required: 9 }] }, facts));
    expect(text).toContain('publisher: order-service against literal loop; events per s');
    expect(text).toContain('fsync on, synchronous_commit on, full_page_writes on; Kafka acks all');
    expect(text).toContain('load average 0.50 before and 1.25 after');
    expect(text).toMatch(/^ {2}2 +14,000 +4,000 +3\.50$/m);
    expect(text).toContain('ratio to literal loop: median 8.00, worst 3.50');
    expect(text).toMatch(/^ {2}order-service +40 +22 +62 +-$/m);
    expect(text).toMatch(/^ {2}literal loop +80 +210 +290 +-$/m);
    expect(text).toContain('MISSED median ratio to literal loop 8.00, the bar is 9');
    expect(text).toContain('met    median events/s 16,000, the bar is 15,000');
  });

  test('shows the write-ahead log where a database took part', () => {
    const rounds = [
      against({ ...side(2, { service: 1 }), walBytes: 612.4 }, { ...side(1, { service: 1 }), walBytes: 1_300 }),
    ];
    expect(renderReport(buildReport({ ...findings, rounds }, facts))).toMatch(/^ {2}order-service +1 +1 +612$/m);
  });

  test('leaves the costs out where the system does not tell', () => {
    const rounds = [against(side(10), side(1))];
    expect(renderReport(buildReport({ ...findings, rounds }, facts))).not.toContain('CPU µs');
  });
});

describe('renderPage', () => {
  test('has machine, command, date and every missed bar', () => {
    const page = renderPage([buildReport({ ...findings, requiredPerSecond: 17_000 }, facts)], ['fastify 5.0.0']);
    expect(page).toContain('| literal loop | 2,000 | 8.00 (3.50) | 290 (service 80, postgres 210) | - |');
    expect(page).toContain('**missed**: median events/s 16,000, the bar is 17,000');
    expect(page).toContain('`npm run bench -- publisher`, 2025-06-01; 2 CPUs (a processor), 16 GiB');
    expect(page).toContain('fastify 5.0.0');
  });
});
