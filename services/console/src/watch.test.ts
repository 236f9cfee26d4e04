import { afterEach, expect, test } from '@jest/globals';
import type { Sighting } from './platform-source.ts';
import { Watch, type Viewer } from './watch.ts';

const SIGHTING: Omit<Sighting, 'look'> = {
  scaling: { state: 'down' },
  verdict: { state: 'absent' },
  sales: { state: 'down' },
  orders: { state: 'down' },
};

interface World {
  readonly watch: Watch;
  looks: number;
}

const worlds: World[] = [];
afterEach(async () => {
  await Promise.all(worlds.splice(0).map(({ watch }) => watch.stop()));
});

function createWorld(maxViewers = 100): World {
  const look = (): Promise<Sighting> => {
    world.looks += 1;
    return Promise.resolve({ ...SIGHTING, look: { atMs: world.looks, jobs: [], processes: [] } });
  };
  const watch = new Watch({ look, nowMs: () => world.looks, intervalMs: 86_400_000, maxViewers });
  const world: World = { looks: 0, watch };
  worlds.push(world);
  return world;
}

/** A page, and the next view that it gets. */
function openPage() {
  const views: string[] = [];
  const first = Promise.withResolvers<string>();
  const ended = Promise.withResolvers<void>();
  const viewer: Viewer = {
    send: (view) => {
      views.push(view);
      first.resolve(view);
    },
    end: () => ended.resolve(),
  };
  return { viewer, views, first: first.promise, ended: ended.promise };
}

test('asks nothing while nobody watches', () => {
  expect(createWorld().looks).toBe(0);
});

test('twenty pages cost one look', async () => {
  const world = createWorld();
  const pages = Array.from({ length: 20 }, openPage);
  for (const { viewer } of pages) expect(world.watch.add(viewer)).toBe(true);
  await Promise.all(pages.map(({ first }) => first));
  expect(world.looks).toBe(1);
});

test('a page that comes later gets the last view at once', async () => {
  const world = createWorld();
  const [early, late] = [openPage(), openPage()];
  world.watch.add(early.viewer);
  const view = await early.first;
  world.watch.add(late.viewer);
  expect(late.views).toEqual([view]);
  expect(world.looks).toBe(1);
});

test('ends the streams when it stops, and takes no more', async () => {
  const { watch } = createWorld();
  const page = openPage();
  watch.add(page.viewer);
  await watch.stop();
  await page.ended;
  expect(watch.add(openPage().viewer)).toBe(false);
});

test('takes no more viewers than it may', () => {
  const { watch } = createWorld(1);
  expect([watch.add(openPage().viewer), watch.add(openPage().viewer)]).toEqual([true, false]);
});

test('shows down what does not answer, and absent what does not run', async () => {
  const { watch } = createWorld();
  const page = openPage();
  watch.add(page.viewer);
  expect(JSON.parse(await page.first)).toMatchObject({
    scaling: { state: 'down' },
    sales: { state: 'down' },
    verdict: { state: 'absent' },
  });
});
