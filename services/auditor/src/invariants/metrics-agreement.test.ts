import { expect, test } from '@jest/globals';
import { exampleWorld, type World } from '../../test/world.ts';
import { buildLedger } from '../ledger.ts';
import { checkMetricsAgreement } from './metrics-agreement.ts';

const textsOf = (world: World) => checkMetricsAgreement(buildLedger(world)).result.examples.map(({ text }) => text);

test('holds, and counts the figures', () => {
  const { result } = checkMetricsAgreement(buildLedger(exampleWorld()));
  expect(result).toMatchObject({ holds: true, explanation: '14 figures, 1 minute, 2 products' });
});

test('an empty analytics database agrees with itself', () => {
  const world = exampleWorld();
  for (const figures of [world.analytics.tables, world.analytics.view]) {
    for (const part of [figures.totals, figures.minutes, figures.products]) part.clear();
  }
  expect(textsOf(world)).toEqual([]);
});

test('a minute that is off breaks the sum', () => {
  const world = exampleWorld();
  for (const { minutes } of [world.analytics.tables, world.analytics.view]) {
    const [minute] = minutes.values();
    minute!.orders += 1;
    minute!.revenueCents -= 1;
  }
  expect(textsOf(world)).toEqual([
    'orders_per_minute adds up to 4, orders_total is 3',
    'revenue_per_minute adds up to 134.96, revenue_total is 134.97',
  ]);
});

test('the net revenue of the view must be what its tables come to', () => {
  const world = exampleWorld();
  world.analytics.view.totals.set('revenue_net', 0);
  expect(textsOf(world)).toEqual(['revenue_net is 0.00, its tables say 89.98']);
});
