import { describe, expect, test } from '@jest/globals';
import { readClusterConfig } from './config.ts';
import {
  decideDataSource,
  planData,
  planKindUp,
  planOperators,
  planPlatform,
  planUndeploy,
  type Step,
  type Surroundings,
} from './plan.ts';

const CONFIG = readClusterConfig({}, '/repo/bin');
const NOTHING: Surroundings = { context: 'production', operators: [], services: [] };
const OPERATORS = ['Strimzi', 'CloudNativePG'];
const STAND_INS = ['orders-kafka-bootstrap', 'orders-db-rw', 'analytics-db-rw', 'something-else'];

function commandsOf(steps: readonly Step[]): string[] {
  return steps.map(({ command }) => command.join(' '));
}

describe('Kafka and Postgres come from', () => {
  test('the operators where both run', () => {
    expect(decideDataSource({ ...NOTHING, operators: OPERATORS }, CONFIG)).toBe('operators');
  });

  test('what stands in the namespace under their names', () => {
    expect(decideDataSource({ ...NOTHING, services: STAND_INS }, CONFIG)).toBe('present');
  });

  test("the user's values", () => {
    expect(decideDataSource(NOTHING, { ...CONFIG, values: ['mine.yaml'] })).toBe('own');
  });

  test('nowhere, which is said before anything is installed', () => {
    expect(() => decideDataSource({ ...NOTHING, operators: ['Strimzi'] }, CONFIG)).toThrow(
      'There is no Kafka or no Postgres for the platform: this cluster runs no CloudNativePG.',
    );
  });
});

describe('make deploy', () => {
  test('installs and awaits the data first', () => {
    const [install, wait] = commandsOf(planData('operators', CONFIG));
    expect(install).toBe(
      '/repo/bin/helm upgrade --install --namespace=orderflow --create-namespace data charts/data --values=charts/data/values-dev.yaml',
    );
    expect(wait).toContain('--for=condition=Ready');
    for (const kind of ['kafkas', 'kafkatopics', 'kafkausers', 'clusters']) expect(wait).toContain(`${kind}.`);
  });

  test('installs no data beside what is there', () => {
    expect(planData('present', CONFIG)).toEqual([]);
    expect(planData('own', CONFIG)).toEqual([]);
  });

  test.each([
    ['operators', 'production', []],
    ['operators', 'kind-orderflow', ['charts/platform/values-kind.yaml']],
    ['present', 'production', ['charts/platform/values-local.yaml']],
  ] as const)('with data from %s in the context %s takes the values %j', (source, context, files) => {
    const commands = commandsOf(planPlatform(source, CONFIG, { ...NOTHING, context }));
    const install = commands.find((command) => command.includes('charts/platform'))!;
    expect(install.match(/--values=\S+/g) ?? []).toEqual(files.map((file) => `--values=${file}`));
    expect(install).toContain('--set=global.image.tag=dev');
  });

  test("takes the user's values alone when there are some", () => {
    const commands = commandsOf(planPlatform('present', { ...CONFIG, values: ['a.yaml', 'b.yaml'] }, NOTHING));
    expect(commands.join('\n').match(/--values=\S+/g)).toEqual(['--values=a.yaml', '--values=b.yaml']);
  });

  test('loads all seven images into kind, and into nothing else', () => {
    const [load = ''] = commandsOf(planPlatform('operators', CONFIG, { ...NOTHING, context: 'kind-orderflow' }));
    expect(load.match(/orderflow\/[a-z-]+:dev/g)).toHaveLength(7);
    expect(commandsOf(planPlatform('operators', CONFIG, NOTHING)).join()).not.toContain('docker-image');
  });
});

describe('make kind-up', () => {
  test('makes the cluster once', () => {
    expect(planKindUp(CONFIG, ['kind'])).toHaveLength(1);
    expect(planKindUp(CONFIG, ['kind', 'orderflow'])).toEqual([]);
  });

  test('installs the operators that do not run, at pinned versions', () => {
    expect(planOperators(CONFIG, OPERATORS)).toEqual([]);
    const [command, ...others] = commandsOf(planOperators(CONFIG, ['Strimzi']));
    expect(others).toEqual([]);
    expect(command).toMatch(/ cloudnative-pg --repo \S+ --version=\d+\.\d+\.\d+ --wait/);
  });
});

describe('make undeploy', () => {
  test('keeps the data', () => {
    expect(commandsOf(planUndeploy(CONFIG, true))).toEqual([
      '/repo/bin/helm uninstall --ignore-not-found --wait --namespace=orderflow orderflow',
    ]);
  });

  test('with DATA=delete takes the topics before Kafka, and the namespace last', () => {
    const config = readClusterConfig({ DATA: 'delete' }, '/repo/bin');
    const commands = commandsOf(planUndeploy(config, true));
    expect(commands.map((command) => command.split(' ').at(-1))).toEqual([
      'orderflow',
      '--timeout=2m',
      'data',
      '--timeout=2m',
    ]);
    expect(commands[1]).toContain('kafkatopics');
    expect(commands[3]).toContain('delete namespace orderflow');
    expect(planUndeploy(config, false)).toHaveLength(3);
  });
});
