import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ORDER_EVENTS_PARTITIONS } from '@orderflow/contracts/topics';
import { until } from '@orderflow/local/until';
import { ClusterLoad } from './cluster/cluster-load.ts';
import { keepingDiagnostics } from './cluster/diagnostics.ts';
import { openTestPlatform, type TestPlatform } from './cluster/test-platform.ts';
import { processorsUp, watchInConsole } from './console-scenario.ts';
import { DRAIN_SECONDS, scaleOnBacklog, watchIdleOperator } from './operator-scenarios.ts';
import { findFaults, renderReport } from './rolling-demo/report.ts';
import { ROLLING_MIX, runRollingDemo } from './rolling-demo/rolling-demo.ts';

/**
 * Pods come and go: each test says itself what it waits for, and for how long. How long things took is printed, and not
 * asserted: it says as much about the machine.
 */
jest.setTimeout(900_000);

/** Orders per second while things are broken on purpose. */
const RATE = 50;

/** How long `helm test` waits for its order after an installation, images loaded. */
const INSTALL_LIMIT_SECONDS = 180;

let platform: TestPlatform;

beforeAll(() => {
  platform = openTestPlatform(process.env);
});

/** The tests tell one story, in order: a platform is installed, used, broken, changed and removed. */
function story(name: string, work: () => Promise<void>): void {
  // oxlint-disable-next-line jest/expect-expect, jest/valid-title -- the stories have titles and assertions
  test(name, () => keepingDiagnostics(platform.namespace, name, work));
}

function say(line: string): void {
  process.stderr.write(`e2e: ${line}\n`);
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return (performance.now() - startMs) / 1_000;
}

/** Load while `work` goes on; afterwards nothing may be lost or doubled. */
async function underLoad(work: (load: ClusterLoad) => Promise<void>): Promise<void> {
  await using load = new ClusterLoad({
    ...platform.chart,
    target: platform.release.name,
    ratePerSecond: RATE,
    atMostMinutes: 20,
  });
  await load.start();
  await work(load);
  const verdict = await load.finish();
  say(verdict.report.trim().split('\n').at(-1) ?? '');
  expect(verdict).toMatchObject({ isProved: true, lost: 0, duplicated: 0 });
}

describe('a platform in a cluster', () => {
  story('is installed from nothing, and its first order is in the analytics soon after', async () => {
    const seconds = await secondsOf(async () => {
      await platform.release.upgrade({ 'scaling.mode': 'Paused', 'test.timeoutSeconds': INSTALL_LIMIT_SECONDS });
      await platform.release.test();
    });
    say(`install to the first order in the analytics: ${seconds.toFixed(1)} s`);
    for (const deployment of platform.deployments) await platform.namespace.awaitRollout(deployment);
    const [, first] = (await platform.release.notes()).split('\n', 2);
    expect(first).toMatch(/console.* http:\/\/127\.0\.0\.1:8084 /);
  });

  story('takes changed values in an upgrade, and gives them back in a rollback', async () => {
    const { release, namespace } = platform;
    const before = await release.revision();
    const levelOf = async (): Promise<string | undefined> => {
      const output = await namespace.kubectl(
        'get',
        `deployment/${release.name}-order-service`,
        '--output=jsonpath={.spec.template.spec.containers[0].env[?(@.name=="LOG_LEVEL")].value}',
      );
      return output;
    };
    await release.upgrade({ 'order-service.logLevel': 'warn' }, { reuse: true, wait: true });
    expect(await levelOf()).toBe('warn');
    await release.rollback(before ?? 0);
    expect(await levelOf()).toBe('info');
    await release.test();
  });

  story(
    'is seen in the console: every hop, the decision, the verdict, and a pod that is killed and comes back',
    async () => {
      const { release } = platform;
      await release.upgrade({ 'scaling.mode': 'DryRun' }, { reuse: true, wait: true });
      const { whole, placed, two, fewer, again } = await watchInConsole(platform);
      await release.upgrade({ 'scaling.mode': 'Paused' }, { reuse: true, wait: true });
      expect(whole.flow.hops.map(({ id }) => id)).toEqual([
        'gateway',
        'orders',
        'outbox',
        'topic',
        'processor',
        'analytics',
      ]);
      expect(whole.scaling).toMatchObject({
        value: { scaling: { text: expect.stringMatching(/^(Stays at|Goes) .* replicas \(\w+\): /) } },
      });
      expect(whole.verdict).toMatchObject({ value: { verdict: 'proved', lost: 0, duplicated: 0 } });
      expect(placed).toMatchObject({ status: 201, answer: { status: 'CREATED' } });
      expect(processorsUp(fewer).length).toBeLessThan(2);
      expect(processorsUp(again)).not.toEqual(processorsUp(two));
    },
  );

  story('loses and doubles nothing when a pod of each service is killed under load', async () => {
    await underLoad(async (load) => {
      for (const component of ['api-gateway', 'order-service', 'event-processor']) {
        const deployment = `${platform.release.name}-${component}`;
        const [victim] = await platform.namespace.list('pods', platform.selectorOf(component));
        await platform.namespace.kubectl('delete', 'pod', victim?.metadata.name ?? '', '--grace-period=0', '--force');
        await platform.namespace.awaitRollout(deployment);
        const accepted = load.samples.at(-1)?.sample.accepted ?? 0;
        await until(() => (load.samples.at(-1)?.sample.accepted ?? 0) > accepted + RATE, {
          what: `orders are accepted again after a pod of ${component} was killed`,
          timeoutMs: 60_000,
        });
      }
    });
  });

  story('loses and doubles nothing while the event processor goes from 1 pod to 4 and to 2', async () => {
    const deployment = `${platform.release.name}-event-processor`;
    await underLoad(async () => {
      for (const replicas of [4, 2]) {
        await platform.namespace.kubectl('scale', `deployment/${deployment}`, `--replicas=${replicas}`);
        await platform.namespace.awaitRollout(deployment);
        expect(await platform.namespace.list('pods', platform.selectorOf('event-processor'))).toHaveLength(replicas);
      }
    });
    await platform.release.upgrade({ 'order-service.logLevel': 'info' }, { reuse: true, wait: true });
    // The chart leaves the number to whoever scales: an upgrade must not reset it.
    expect(await platform.namespace.list('pods', platform.selectorOf('event-processor'))).toHaveLength(2);
  });

  story('fails no request while every service is rolled under load, one with a migration', async () => {
    await using load = new ClusterLoad({
      ...platform.chart,
      target: platform.release.name,
      ratePerSecond: 200,
      load: ROLLING_MIX,
      atMostMinutes: 15,
    });
    const report = await runRollingDemo({ ...platform, load, ratePerSecond: 200, rounds: 1, log: say });
    process.stderr.write(`${renderReport(report)}\n`);
    expect(findFaults(report)).toEqual([]);
  });
});

describe('the operator', () => {
  story('scales on lag: once up, within the partitions, and once down', async () => {
    const { timeline, secondsToScale, drainSeconds, verdict } = await scaleOnBacklog(platform, {
      orders: 30_000,
      killsLeader: false,
    });
    say(
      `replicas ${timeline.join(' -> ')}, scaled after ${secondsToScale.toFixed(1)} s, drained in ${drainSeconds.toFixed(1)} s (objective ${DRAIN_SECONDS} s)`,
    );
    expect(timeline).toHaveLength(3);
    expect(Math.max(...timeline)).toBeLessThanOrEqual(ORDER_EVENTS_PARTITIONS);
    expect(verdict).toMatchObject({ isProved: true, lost: 0, duplicated: 0 });
  });

  story('is followed by the other one when it is killed in the middle of that', async () => {
    const { timeline, takeoverSeconds, verdict } = await scaleOnBacklog(platform, {
      orders: 20_000, // more than one pod can do within the objective, also once the next leader has looked
      killsLeader: true,
    });
    say(`replicas ${timeline.join(' -> ')}, taken over after ${takeoverSeconds?.toFixed(1)} s`);
    expect(timeline).toHaveLength(2);
    expect(verdict).toMatchObject({ isProved: true, lost: 0, duplicated: 0 });
  });

  story('costs little while there is nothing to do', async () => {
    const { callsPerMinute, residentMiB, scaleWrites } = await watchIdleOperator(platform);
    say(`idle operator: ${callsPerMinute.toFixed(0)} API calls a minute, ${residentMiB.toFixed(0)} MiB`);
    expect(callsPerMinute).toBeLessThanOrEqual(40);
    expect(residentMiB).toBeLessThanOrEqual(180);
    expect(scaleWrites).toBe(0);
  });
});

describe('an uninstalled platform', () => {
  story('leaves nothing behind', async () => {
    await platform.release.uninstall();
    // Pods finish what they do before they go.
    const leftovers = await until(() => platform.objectsOfRelease(), {
      what: 'nothing of the release is left',
      timeoutMs: 60_000,
      intervalMs: 1_000,
      isDone: (names) => names.length === 0,
    });
    expect(leftovers).toEqual([]);
  });

  test('lets its namespace go', async () => {
    const { name } = platform.namespace;
    const seconds = await secondsOf(async () => {
      if (!platform.keepsNamespace) await platform.namespace.kubectl('delete', 'namespace', name);
    });
    say(`the namespace was gone after ${seconds.toFixed(1)} s`);
    const output = await platform.namespace.kubectl('get', 'namespaces', '--output=name');
    expect(output.split('\n').includes(`namespace/${name}`)).toBe(platform.keepsNamespace);
  });
});
