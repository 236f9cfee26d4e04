import { expect, test } from '@jest/globals';
import { parseCommand, renderHelp, UsageError } from './options.ts';
import { SCENARIOS } from './scenarios/every-scenario.ts';

function optionsOf(...argv: string[]) {
  const command = parseCommand(argv);
  if (command.kind === 'help') throw new Error('that is help');
  return command.options;
}

test('all is every scenario in full size', () => {
  expect(optionsOf('all')).toEqual({
    scenarios: SCENARIOS,
    isFull: true,
    seed: 1,
    ratePerSecond: 500,
    size: { orders: 1, strikes: 1 },
    isResumed: false,
  });
});

test('a quick run, a smaller one and a part of the scenarios are no full run', () => {
  expect(optionsOf('all', '--quick').isFull).toBe(false);
  expect(optionsOf('all', '--orders', '1000').isFull).toBe(false);
  expect(optionsOf('all', '--strikes', '10').isFull).toBe(false);
  expect(optionsOf('broker-killed').isFull).toBe(false);
  expect(optionsOf('all', '--orders', '2000000').isFull).toBe(true);
});

test('orders and strikes are those of all chosen scenarios together', () => {
  const { scenarios, size } = optionsOf('broker-killed', 'half-open', '--orders', '7000', '--strikes', '6');
  expect(scenarios.map(({ name }) => name)).toEqual(['broker-killed', 'half-open']);
  const total = scenarios.reduce((sum, { full }) => sum + full.orders * size.orders, 0);
  expect(Math.round(total)).toBe(7_000);
});

test.each([
  [[], /which scenario/],
  [['nothing'], /no scenario nothing/],
  [['all', '--seed', 'x'], /--seed must be a whole number/],
  [['all', '--kill'], /--kill/],
])('refuses %j', (argv, reason) => {
  expect(() => parseCommand(argv)).toThrow(UsageError);
  expect(() => parseCommand(argv)).toThrow(reason);
});

test('help names every scenario', () => {
  expect(parseCommand(['--help'])).toEqual({ kind: 'help' });
  for (const { name } of SCENARIOS) expect(renderHelp()).toContain(name);
});
