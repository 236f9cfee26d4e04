import { expect, test } from '@jest/globals';
import { format, resolveConfig } from 'prettier';
import { renderFaultsPage } from './faults-page.ts';
import { renderResult, renderTotals } from './report-text.ts';
import type { ChaosReport, ScenarioRun } from './result.ts';
import { SCENARIOS } from './scenarios/every-scenario.ts';

function run(name: string, overrides: Partial<ScenarioRun> = {}): ScenarioRun {
  return {
    kind: 'run',
    name,
    startedAt: '2026-01-31T12:00:00.000Z',
    seconds: 61,
    strikes: [
      { strike: { kind: 'kill', victims: ['kafka'] }, atOrders: 10, kills: 1, recoveryMs: 1_000 },
      { strike: { kind: 'pause', victim: 'kafka', forMs: 500 }, atOrders: 20, kills: 0, recoveryMs: 3_000 },
      { strike: { kind: 'join' }, atOrders: 30, kills: 0, missed: 'the moment did not come\nat all' },
    ],
    orders: 30_000,
    happened: { failedRequests: 1, retries: 2_000, redelivered: 3, unacknowledged: 4, deadLetters: 5, restarts: 6 },
    invariants: [
      { invariant: 'I1', holds: true, explanation: '3 receipts | and more' },
      { invariant: 'I8', holds: null, explanation: 'no poison here' },
    ],
    ...overrides,
  };
}

function report(scenarios: ChaosReport['scenarios'], overrides: Partial<ChaosReport> = {}): ChaosReport {
  return {
    seed: 7,
    isFull: true,
    ratePerSecond: 400,
    size: { orders: 1, strikes: 1 },
    machine: { cpus: 2, node: 'v24.0.0' },
    scenarios,
    ...overrides,
  };
}

const [first, second] = SCENARIOS;
const broken = { invariant: 'I4', holds: false, explanation: 'one effect twice' };
const everything = SCENARIOS.map(({ name }) => run(name));

test('a result says what was expected, what happened, the recovery and every verdict', () => {
  const text = renderResult(first!, run(first!.name));
  expect(text).toContain(first!.expected);
  expect(text).toContain('30,000 orders in 61 s, 2 strikes, 1 kill, 6 restarts');
  expect(text).toContain('median 2 s, longest 3 s');
  expect(text).toContain('I1 holds, I8 not judged');
  expect(text).toContain('missed    a processor joins: the moment did not come\n');
});

test('a violation is told with its reason, and a scenario that was not run is not told as held', () => {
  expect(renderResult(first!, run(first!.name, { invariants: [broken] }))).toContain('VIOLATED  I4: one effect twice');
  const text = renderResult(first!, { kind: 'not run', name: first!.name, reason: 'no root' });
  expect(text).toContain('NOT RUN: no root');
  expect(text).not.toContain('holds');
});

test('totals add up what ran', () => {
  const results = [
    run(first!.name, { invariants: [broken] }),
    { kind: 'not run', name: second!.name, reason: '' },
  ] as const;
  expect(renderTotals(report(results))).toBe(
    'chaos: seed 7, 1 violation, 30,000 orders, 2 strikes, 1 kill, recovery median 2 s, longest 3 s, 1 strike missed, 1 scenario NOT run',
  );
});

test('the page has every scenario, and is as Prettier would write it', async () => {
  const page = renderFaultsPage(report(everything), SCENARIOS);
  for (const { name, expected } of SCENARIOS) {
    expect(page).toContain(`## ${name}\n`);
    expect(page).toContain(expected);
  }
  const options = await resolveConfig(new URL('../docs/faults.md', import.meta.url));
  expect(await format(page, { ...options, parser: 'markdown' })).toBe(page);
});

test('the page says what was violated and what was not run', () => {
  const others = everything.slice(2);
  const results = [
    run(first!.name, { invariants: [broken] }),
    { kind: 'not run', name: second!.name, reason: 'no root' },
  ] as const;
  const page = renderFaultsPage(report([...results, ...others]), SCENARIOS);
  expect(page).toContain('violated: I4');
  expect(page).toContain('**Not run:** no root.');
});

test('only a full run becomes the page', () => {
  expect(() => renderFaultsPage(report(everything, { isFull: false }), SCENARIOS)).toThrow('only a full run');
  expect(() => renderFaultsPage(report(everything.slice(1)), SCENARIOS)).toThrow('only a full run');
});
