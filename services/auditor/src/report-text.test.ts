import { describe, expect, test } from '@jest/globals';
import { exampleWorld } from '../test/world.ts';
import { audit, type AuditReport } from './audit.ts';
import { renderReport, verdictLine } from './report-text.ts';

const SOURCES = {
  receipts: '.local/receipts.jsonl',
  orders: 'orders database db/orders',
  topic: 'topic order-events at k:9092',
  analytics: 'analytics database db/analytics',
};
const report = (changes: Partial<AuditReport> = {}): AuditReport => ({ ...audit(exampleWorld()), ...changes });
const broken = (changes: Partial<AuditReport>): AuditReport => report({ verdict: 'broken', ...changes });

describe('the verdict', () => {
  test('is one line with what was proved', () => {
    expect(verdictLine(report({ accepted: 300_000 }))).toBe(
      'proved: accepted 300,000, lost 0, duplicated 0, revenue equal to the cent',
    );
  });

  test('does not speak of receipts that it does not have', () => {
    expect(verdictLine(report({ accepted: null, orders: 7 }))).toBe(
      'proved: orders 7 (accepted unknown), lost 0, duplicated 0, revenue equal to the cent',
    );
  });

  test.each([
    [{ lost: 2, revenueDriftCents: -123_456 }, 'accepted 3, lost 2, duplicated 0, revenue 1,234.56 too low'],
    [{ duplicated: 1, revenueDriftCents: 1 }, 'accepted 3, lost 0, duplicated 1, revenue 0.01 too high'],
    [{ altered: 1 }, 'accepted 3, lost 0, duplicated 0, altered 1, revenue equal to the cent'],
    [{ pending: 4 }, 'accepted 3, lost 0, duplicated 0, pending 4, revenue equal to the cent'],
  ])('says what is broken: %j', (changes, line) => {
    expect(verdictLine(broken(changes))).toBe(`BROKEN: ${line}`);
  });

  test('of an empty platform is that nothing is proved', () => {
    expect(verdictLine(broken({ accepted: 0, orders: 0 }))).toBe('BROKEN: there is no order, so nothing is proved');
    expect(verdictLine(broken({ accepted: null, orders: 0 }))).toContain('nothing is proved');
  });
});

test('shows what was read and one line for each invariant', () => {
  const lines = renderReport(report(), SOURCES, { isColoured: false }).split('\n');
  expect(lines.slice(0, 4)).toEqual([
    'receipts   3 accepted orders                         .local/receipts.jsonl',
    'orders     3 orders, outbox 0 unsent and 0 given up  orders database db/orders',
    'topic      7 events, 7 redelivered                   topic order-events at k:9092',
    'analytics  7 events applied, 0 dead letters          analytics database db/analytics',
  ]);
  expect(lines[5]).toBe(
    'I1  holds       every order answered 2xx is in orders exactly once, unaltered (5 receipts and 4 transitions)',
  );
  expect(lines.filter((line) => /^I\d {2}holds {7}/.test(line))).toHaveLength(7);
});

test('shows the first few findings of a broken invariant and how many more there are', () => {
  const world = exampleWorld();
  world.orders.orders = [];
  const text = renderReport(audit(world), SOURCES, { isColoured: false });
  expect(text).toMatch(/^I1 {2}BROKEN {6}.* \(3 lost; /m);
  expect(text).toMatch(/^ {16}lost {8}order \S+ was answered 2xx and is not in orders$/m);
  expect(text).toMatch(/^ {16}and \d+ more$/m);
});

test('is coloured only when asked', () => {
  const escape = '\u001B[';
  expect(renderReport(report(), SOURCES, { isColoured: false })).not.toContain(escape);
  expect(renderReport(report(), SOURCES, { isColoured: true })).toContain(`${escape}32mholds`);
  expect(renderReport(report({ verdict: 'broken' }), SOURCES, { isColoured: true })).toContain(`${escape}31mBROKEN:`);
});
