import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from '@orderflow/local/command';
import { LocalError } from '@orderflow/local/local-error';
import { runAttached } from '../attached-command.ts';
import { currentContext, findRunning, listNames } from '../kubectl.ts';
import { OPERATORS } from '../pins.ts';
import { runMain } from '../run-main.ts';
import { readClusterConfig } from './config.ts';
import {
  decideDataSource,
  planData,
  planDependencies,
  planKindUp,
  planOperators,
  planPlatform,
  planUndeploy,
  type Step,
  type Surroundings,
} from './plan.ts';

const REPOSITORY = resolve(import.meta.dirname, '..', '..');
const BETWEEN_ATTEMPTS_MS = 10_000;

const config = readClusterConfig(process.env, resolve(REPOSITORY, 'bin'));

const COMMANDS: Readonly<Record<string, () => Promise<void>>> = {
  'kind-up': async () => {
    const clusters = await runCommand([config.kind, 'get', 'clusters']);
    await carryOut(planKindUp(config, clusters.split('\n')));
    await runCommand(['kubectl', 'config', 'use-context', `kind-${config.kindCluster}`]);
    await carryOut(planOperators(config, await findRunning(OPERATORS)));
  },
  'kind-down': async () => {
    await runAttached([config.kind, 'delete', 'cluster', `--name=${config.kindCluster}`], { fix: 'See above.' });
  },
  operators: async () => {
    const { operators } = await look();
    await carryOut(planOperators(config, operators));
  },
  /** What `make dev` needs before skaffold takes over. */
  data: async () => {
    const surroundings = await look();
    await carryOut([...planData(decideDataSource(surroundings, config), config), planDependencies()]);
  },
  deploy: async () => {
    const surroundings = await look();
    const source = decideDataSource(surroundings, config);
    await carryOut([...planData(source, config), ...planPlatform(source, config, surroundings)]);
    process.stdout.write(
      await runCommand([config.helm, 'get', 'notes', 'orderflow', `--namespace=${config.namespace}`]),
    );
  },
  undeploy: async () => {
    const { operators } = await look();
    await carryOut(planUndeploy(config, operators.includes('Strimzi')));
    if (!config.deletesData)
      process.stdout.write('Kafka and the databases stay: make undeploy DATA=delete removes them\n');
  },
};

await runMain('deploy', async () => {
  process.chdir(REPOSITORY);
  const [name = ''] = process.argv.slice(2);
  const command = COMMANDS[name];
  if (command === undefined) {
    process.stderr.write(`deploy: say one of ${Object.keys(COMMANDS).join(', ')}\n`);
    return 2;
  }
  await command();
  return 0;
});

/** @throws LocalError when there is no cluster. */
async function look(): Promise<Surroundings> {
  const context = await currentContext();
  try {
    const operators = await findRunning(OPERATORS);
    const services = await listNames('services', `--namespace=${config.namespace}`);
    return { context: context ?? '', operators, services };
  } catch (error: unknown) {
    throw new LocalError({
      code: 'CLUSTER_UNREACHABLE',
      message: `The cluster of ${context === undefined ? 'no context' : `the context ${context}`} does not answer.`,
      fix: 'Run `make doctor`; `make kind-up` makes a cluster.',
      cause: error,
    });
  }
}

async function carryOut(steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    process.stderr.write(`deploy: ${step.title}\n`);
    await attempt(step, step.attempts ?? 1);
  }
}

async function attempt({ command, fix, title }: Step, attempts: number): Promise<void> {
  const env = { ...process.env, HELM: config.helm };
  for (let left = attempts; ; left -= 1) {
    try {
      await runAttached(command, { fix, env });
      return;
    } catch (error: unknown) {
      if (left === 1) throw error;
      process.stderr.write(`deploy: ${title}: once more in ${BETWEEN_ATTEMPTS_MS / 1_000} s\n`);
      await sleep(BETWEEN_ATTEMPTS_MS);
    }
  }
}
