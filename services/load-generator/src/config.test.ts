import { describe, expect, test } from '@jest/globals';
import { ConfigError, type Environment } from '@orderflow/service-kit/config';
import { readCommand, type LoadConfig } from './config.ts';
import { OPTION_NAMES, renderHelp } from './options.ts';

function read(commandLine: string, env: Environment = {}): LoadConfig {
  const command = readCommand(commandLine.split(' ').filter(Boolean), env);
  if (command.kind !== 'run') throw new Error('asked for help');
  return command.config;
}

function refusal(commandLine: string, env: Environment = {}): string {
  try {
    read(commandLine, env);
  } catch (error: unknown) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('was accepted');
}

describe('readCommand', () => {
  test('has the defaults of the headline run', () => {
    expect(read('')).toMatchObject({
      target: new URL('http://127.0.0.1:8080'),
      stages: [{ startMs: 0, ratePerSecond: 1000 }],
      durationMs: 300_000,
      warmupMs: 5000,
      catalogue: { customers: 5000, products: 500, maxItems: 5 },
      fractions: { payments: 0, shipments: 0, cancellations: 0, idempotent: 0, retries: 0 },
      connections: 64,
      timeoutMs: 10_000,
      readyTimeoutMs: 30_000,
      seed: 42,
      receiptsPath: undefined,
      slos: [],
      progress: 'auto',
    });
  });

  test('reads options, with = too, and repeated objectives', () => {
    const config = read('--rate=250 --duration 1m --max-items 3 --slo p99<25ms --slo errors<1%,max<1s --progress json');
    expect(config).toMatchObject({ stages: [{ ratePerSecond: 250 }], durationMs: 60_000, progress: 'json' });
    expect(config.catalogue.maxItems).toBe(3);
    expect(config.slos.map(({ expression }) => expression)).toEqual(['p99<25ms', 'errors<1%', 'max<1s']);
  });

  test('reads the environment, and the command line wins', () => {
    const env = {
      LOADGEN_RATE: '5',
      LOADGEN_MAX_ITEMS: '2',
      LOADGEN_SLO: 'p50<5ms,p99<9ms',
      LOADGEN_SEED: '',
      HOME: '/',
    };
    const config = read('--rate 7', env);
    expect(config.stages[0]?.ratePerSecond).toBe(7);
    expect(config.catalogue.maxItems).toBe(2);
    expect(config.slos).toHaveLength(2);
    expect(config.seed).toBe(42);
  });

  test('the warm-up is a tenth of a short run', () => {
    expect(read('--duration 10s').warmupMs).toBe(1000);
    expect(read('--duration 10s --warmup 0').warmupMs).toBe(0);
  });

  test('takes stages instead of a rate', () => {
    expect(read('--stages 0:10,5s:20').stages).toHaveLength(2);
    expect(refusal('--stages 0:10 --rate 5')).toContain('--stages can not be used with --rate');
    expect(refusal('--stages 0:10', { LOADGEN_RATE: '5' })).toContain('--stages can not be used with LOADGEN_RATE');
  });

  test('help wins', () => {
    expect(readCommand(['--rate', '5', '--help'], {})).toEqual({ kind: 'help' });
    expect(readCommand(['-h'], {})).toEqual({ kind: 'help' });
  });

  test.each([
    ['--rate fast', '--rate must be a number from 0.01'],
    ['--rate -5', '--rate must be'],
    ['--rate 0', '--rate must be'],
    ['--rate', '--rate needs a value'],
    ['--rate=', '--rate needs a value'],
    ['--duration 5', '--duration must be a duration'],
    ['--duration 48h', '--duration must be a duration'],
    ['--duration 5s --warmup 5s', '--warmup must be shorter than --duration'],
    ['--url localhost:8080', '--url must be an http'],
    ['--customers 0', '--customers must be a whole number'],
    ['--max-items 101', '--max-items must be a whole number from 1 to 100'],
    ['--payments 1.5', '--payments must be a number from 0 to 1'],
    ['--shipments 0.5', '--shipments must not be above --payments'],
    ['--payments 1 --shipments 0.6 --cancellations 0.6', '--cancellations and --shipments must not be above 1'],
    ['--retries 0.5', '--retries needs --idempotent'],
    ['--slo p99', "--slo must look like 'p99<25ms'"],
    ['--slo p99<25ms,errors', '--slo must look like'],
    ['--progress loud', '--progress must be one of'],
    ['--stages 5s:1', '--stages must look like'],
    ['--speed 5', '--speed is not an option'],
    ['extra', 'invalid configuration: extra is not an option'],
    ['--seed 1 --speed 5', 'invalid configuration: --speed is not an option'],
  ])('refuses %s', (commandLine, message) => {
    expect(refusal(commandLine)).toContain(message);
  });

  test('names all mistakes at once, on one line, by the name that the user gave', () => {
    const message = refusal('--rate x --sped 5', { LOADGEN_SEED: '-1', LOADGEN_SEEED: '1' });
    for (const name of ['--rate', '--sped', 'LOADGEN_SEED', 'LOADGEN_SEEED']) expect(message).toContain(name);
    expect(message).not.toContain('\n');
  });
});

test('the help names every option', () => {
  for (const name of OPTION_NAMES) expect(renderHelp()).toContain(`--${name} `);
});
