import { setImmediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { Keeper, type Kept } from './keeper.ts';

/** A process that dies when it is told to. */
class FakeProcess implements Kept {
  readonly name = 'service';
  starts = 0;
  failsToStart = 0;
  #end = Promise.withResolvers<void>();

  get exited(): Promise<void> {
    return this.#end.promise;
  }

  die(): void {
    this.#end.resolve();
  }

  async restart(): Promise<void> {
    this.starts += 1;
    if (this.failsToStart > 0) {
      this.failsToStart -= 1;
      throw new Error('what it needs is away');
    }
    this.#end = Promise.withResolvers<void>();
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await setImmediate();
}

test('starts again what has ended, as often as it ends', async () => {
  const process = new FakeProcess();
  await using keeper = new Keeper();
  keeper.keep(process);
  for (let death = 1; death <= 3; death += 1) {
    process.die();
    await settle();
    expect({ starts: process.starts, restarts: keeper.restarts }).toEqual({ starts: death, restarts: death });
  }
  expect(keeper.isComplete).toBe(true);
});

test('is not complete while one is held back, and starts it when it may', async () => {
  const process = new FakeProcess();
  await using keeper = new Keeper();
  keeper.keep(process);
  const letStart = keeper.holdBack('service');
  process.die();
  await settle();
  expect({ starts: process.starts, isComplete: keeper.isComplete }).toEqual({ starts: 0, isComplete: false });
  letStart();
  await settle();
  expect({ starts: process.starts, isComplete: keeper.isComplete }).toEqual({ starts: 1, isComplete: true });
});

test('tries again when a start fails', async () => {
  const process = new FakeProcess();
  process.failsToStart = 1;
  const started = Promise.withResolvers<void>();
  await using keeper = new Keeper({ retryMs: 0, onRestart: started.resolve });
  keeper.keep(process);
  process.die();
  await started.promise;
  expect({ starts: process.starts, restarts: keeper.restarts }).toEqual({ starts: 2, restarts: 1 });
});

test('leaves alone what was released, and everything once it is disposed of', async () => {
  const released = new FakeProcess();
  const keeper = new Keeper();
  keeper.keep(released);
  keeper.release('service');
  released.die();
  await settle();
  const late = new FakeProcess();
  keeper.keep(late);
  await keeper[Symbol.asyncDispose]();
  late.die();
  await settle();
  expect([released.starts, late.starts]).toEqual([0, 0]);
});
