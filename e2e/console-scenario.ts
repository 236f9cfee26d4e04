import type { View } from '@orderflow/console/view';
import { ConsolePage } from './cluster/console-page.ts';
import type { TestPlatform } from './cluster/test-platform.ts';

const PROCESSOR = 'event-processor';
const ORDER = { customerId: 'console', items: [{ productId: 'by-hand', quantity: 1, price: 19.9 }] };

/** What the console showed, one view for each thing that was waited for. */
export interface ConsoleStory {
  /** All is up: every hop, a decision, a verdict that proves. */
  readonly whole: View;
  /** An order was placed by hand. */
  readonly placed: { readonly status: number; readonly answer: unknown };
  /** There are two processors. */
  readonly two: View;
  /** One of them was killed. */
  readonly fewer: View;
  /** It was replaced. */
  readonly again: View;
}

/** Watches the platform through the console while a pod is killed. */
export async function watchInConsole(platform: TestPlatform): Promise<ConsoleStory> {
  const { namespace, release } = platform;
  const deployment = `${release.name}-${PROCESSOR}`;
  await using page = await ConsolePage.open(namespace, `${release.name}-console`);
  const whole = await page.see('everything up, a decision and a proof', isWhole);
  const placed = await page.act('orders', ORDER);
  await page.see(
    'the order that was placed by hand',
    ({ orders }) => orders.state === 'up' && orders.value.some(({ customerId }) => customerId === ORDER.customerId),
  );
  await namespace.kubectl('scale', `deployment/${deployment}`, '--replicas=2');
  await namespace.awaitRollout(deployment);
  const two = await page.see('two processors up', hasTwo);
  const [victim] = await namespace.list('pods', platform.selectorOf(PROCESSOR));
  await namespace.kubectl('delete', 'pod', victim?.metadata.name ?? '', '--grace-period=0', '--force', '--wait=false');
  const fewer = await page.see('fewer than two processors up', (view) => !hasTwo(view));
  const again = await page.see('two processors up again', hasTwo);
  await namespace.kubectl('scale', `deployment/${deployment}`, '--replicas=1');
  await namespace.awaitRollout(deployment);
  return { whole, placed, two, fewer, again };
}

function isWhole({ flow, scaling, verdict }: View): boolean {
  const isDecided = scaling.state === 'up' && scaling.value.scaling !== null;
  const isProved = verdict.state === 'up' && verdict.value.verdict === 'proved' && verdict.value.orders > 0;
  return flow.hops.every(({ isUp }) => isUp) && isDecided && isProved;
}

/** Names of the processors that answer. */
export function processorsUp({ flow }: View): readonly string[] {
  return flow.processes.filter(({ job, isUp }) => job === PROCESSOR && isUp).map(({ name }) => name);
}

function hasTwo(view: View): boolean {
  return processorsUp(view).length === 2;
}
