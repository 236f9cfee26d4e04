import { describe, expect, test } from '@jest/globals';
import { silentLogger } from '@orderflow/service-kit/logger';
import { ManualTime } from '../../test/manual-time.ts';
import { ApiError } from './api-error.ts';
import { Informer, type ListWatch } from './informer.ts';
import type { ApiObject } from './resource-client.ts';
import type { Time } from './time.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** An empty resource whose watches are all silent for so long, and then break. */
class SilentSource implements ListWatch<ApiObject> {
  lists = 0;
  watches = 0;
  readonly #time: Time;
  readonly #silenceMs: number;

  constructor(time: Time, silenceMs: number) {
    this.#time = time;
    this.#silenceMs = silenceMs;
  }

  async list() {
    this.lists += 1;
    return { items: [], resourceVersion: '1' };
  }

  // oxlint-disable-next-line require-yield -- it never has anything to yield
  async *watch({ signal }: { readonly signal: AbortSignal }): AsyncGenerator<never> {
    this.watches += 1;
    await this.#time.sleep(this.#silenceMs, signal);
    throw new ApiError('watch', { status: undefined, code: 'WatchSilent', cause: undefined });
  }
}

async function watchesInAnHour(silenceMs: number): Promise<{ readonly watches: number; readonly lists: number }> {
  const time = new ManualTime();
  const source = new SilentSource(time, silenceMs);
  const logger = silentLogger();
  const informer = new Informer<ApiObject>({ name: 'deployments', source, logger, time, random: () => 0.999 });
  informer.start();
  await time.pass(HOUR_MS);
  await informer.stop();
  return { watches: source.watches, lists: source.lists };
}

describe('Informer', () => {
  test('where API servers send no bookmarks, is hardly ever without a watch', async () => {
    const { watches, lists } = await watchesInAnHour(1.5 * MINUTE_MS);
    expect(watches).toBeGreaterThanOrEqual(39);
    expect(lists).toBe(1);
  });

  test('asks ever more seldom for watches that break at once', async () => {
    const { watches, lists } = await watchesInAnHour(1);
    expect(watches).toBeLessThanOrEqual(126);
    expect(lists).toBe(1);
  });
});
