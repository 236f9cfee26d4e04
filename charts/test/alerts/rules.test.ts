import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  CASES_FOLDER,
  documentedSeries,
  namesIn,
  readCases,
  readRules,
  RUNBOOKS_FOLDER,
  seriesOf,
  type Rule,
} from './rule-files.ts';

const RULES = readRules();
const ALERTS = RULES.filter((rule): rule is Rule & { alert: string } => rule.alert !== undefined);
const NAMES = [...new Set(ALERTS.map(({ alert }) => alert))].toSorted();

test('each file of alerts holds one alert, named like the file', () => {
  expect(ALERTS.map(({ file, alert }) => [alert, file])).toEqual(ALERTS.map(({ alert }) => [alert, alert]));
});

test.each(ALERTS.map((rule) => [rule.alert, rule] as const))(
  '%s says how bad it is, what it is, and where to go on',
  (alert, { labels = {}, annotations = {} }) => {
    expect(['critical', 'warning']).toContain(labels['severity']);
    expect(annotations['summary']).toMatch(/^[A-Z][^.{]+$/);
    expect(annotations['description']).toMatch(/\{\{ \$labels\.namespace \}\}.*\.$/);
    expect(annotations['runbook_url']).toBe(`docs/runbooks/${alert}.md`);
  },
);

test('every alert has a runbook, and every runbook an alert', () => {
  expect(namesIn(RUNBOOKS_FOLDER, '.md')).toEqual(NAMES);
});

test.each(NAMES)('the runbook of %s has what is looked for at night', (name) => {
  const text = readFileSync(join(RUNBOOKS_FOLDER, `${name}.md`), 'utf8');
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual([name, 'Meaning', 'Impact', 'Diagnosis', 'Mitigation']);
  const links = [...text.matchAll(/\]\(([A-Za-z]+)\.md\)/g)].map(([, link]) => link);
  expect(NAMES).toEqual(expect.arrayContaining(links));
});

test.each(NAMES)('%s has a case in which it fires, and one in which it is quiet throughout', (name) => {
  const checks = readCases(name).map((alertCase) => alertCase.alert_rule_test);
  for (const { alertname } of checks.flat()) expect(alertname).toBe(name);
  expect(checks.some((all) => all.some(({ exp_alerts }) => exp_alerts.length > 0))).toBe(true);
  expect(checks.some((all) => all.every(({ exp_alerts }) => exp_alerts.length === 0))).toBe(true);
});

test('every case is for an alert that exists', () => {
  const named = namesIn(CASES_FOLDER, '.yaml').map((name) => name.replace(/\.days$/, ''));
  expect([...new Set(named)].toSorted()).toEqual(NAMES);
});

/** `up` is Prometheus's own. */
const KNOWN_SERIES = new Set(['up', ...documentedSeries(), ...RULES.flatMap(({ record = [] }) => record)]);

test.each(NAMES)('the runbook of %s asks for metrics that there are', (name) => {
  const text = readFileSync(join(RUNBOOKS_FOLDER, `${name}.md`), 'utf8');
  const queries = [...text.matchAll(/```promql\n([^`]+)```/g)].flatMap(([, block = '']) => block.trim().split('\n'));
  expect(queries.length).toBeGreaterThan(0);
  expect(queries.flatMap(seriesOf).filter((series) => !KNOWN_SERIES.has(series))).toEqual([]);
});

test('every metric that a rule reads is recorded by another or stands in docs/metrics.md', () => {
  const unknown = RULES.flatMap(({ file, expr }) => seriesOf(expr).map((name) => `${file}: ${name}`));
  expect(unknown.filter((entry) => !KNOWN_SERIES.has(entry.split(': ')[1] ?? ''))).toEqual([]);
});

describe('the series of an expression', () => {
  test.each([
    ['sum by (pod) (rate(a_total{b="c", d=~"e|f"}[5m])) > 0', ['a_total']],
    ['a:b:c1h{slo="x"} > 14.4 * 0.001 and on (pod) d unless d offset 15m', ['a:b:c1h', 'd']],
    ['absent(a) or max without (b) (c > bool 30)', ['a', 'c']],
  ])('%s', (expr, series) => {
    expect(seriesOf(expr)).toEqual(series);
  });
});

/** Burn rate -> windows, after the SRE workbook, chapter 5, for an objective over 30 days. */
const STEPS = [
  { rate: '14.4', long: '1h', short: '5m', severity: 'critical' },
  { rate: '6', long: '6h', short: '30m', severity: 'critical' },
  { rate: '3', long: '1d', short: '2h', severity: 'warning' },
  { rate: '1', long: '3d', short: '6h', severity: 'warning' },
];

test.each([
  ['OrderAvailabilityBudgetBurn', 'order-availability', '0.001'],
  ['OrderLatencyBudgetBurn', 'order-latency', '0.01'],
  ['EventFreshnessBudgetBurn', 'event-freshness', '0.01'],
  ['OutboxAgeBudgetBurn', 'outbox-age', '0.01'],
])('%s has the four steps of multi-window, multi-burn-rate alerts', (name, slo, budget) => {
  const rules = ALERTS.filter(({ alert }) => alert === name);
  const above = (window: string, rate: string): string =>
    `slo:errors:ratio_rate${window}{slo="${slo}"} > ${rate} * ${budget}`;
  expect(rules.map(({ expr, labels }) => [expr.trim(), labels])).toEqual(
    STEPS.map(({ rate, long, short, severity }) => [
      `${above(long, rate)}\nand\n${above(short, rate)}`,
      { severity, burn_rate: rate, long_window: long },
    ]),
  );
  const recorded = RULES.filter(({ labels }) => labels?.['slo'] === slo).map(({ record }) => record);
  const windows = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'];
  expect(recorded).toEqual(windows.map((window) => `slo:errors:ratio_rate${window}`));
});

test('a recording measures the window that its name says', () => {
  const measured = RULES.flatMap(({ record = '', expr }) => {
    const [, named] = /ratio_rate(\w+)$/.exec(record) ?? [];
    return [...expr.matchAll(/\[(\w+)\]/g)].map(([, window]) => ({ record, isNamed: window === named }));
  }).filter(({ record }) => record !== '');
  expect(measured.length).toBeGreaterThan(0);
  expect(measured.filter(({ isNamed }) => !isNamed)).toEqual([]);
});
