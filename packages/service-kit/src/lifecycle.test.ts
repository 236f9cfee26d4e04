import { describe, expect, test } from '@jest/globals';
import { Lifecycle, ShutdownError, type Component, type LifecycleOptions } from './lifecycle.ts';
import { silentLogger } from './logger.ts';

/** No test waits for it, unless it is about the deadline. */
const DEADLINE_MS = 60_000;
/** Not one of those that end a test run. */
const SIGNAL = 'SIGUSR2';

function createLifecycle(options: Partial<LifecycleOptions> = {}): Lifecycle {
  return new Lifecycle(silentLogger(), { deadlineMs: DEADLINE_MS, ...options });
}

const AT_ONCE = { deadlineMs: 1, giveUpMs: 1 };

/** A component's start that waits for a gate, and tells when it has come so far. */
function createGate() {
  const reached = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  return {
    reached: reached.promise,
    open: () => gate.resolve(),
    start: (): Promise<void> => {
      reached.resolve();
      return gate.promise;
    },
  };
}

/** Components that write down what happens to them. */
interface History {
  readonly events: string[];
  readonly component: (name: string, own?: Partial<Component>) => Component;
}

function createHistory(): History {
  const events: string[] = [];
  return {
    events,
    component: (name, own = {}) => ({
      name,
      start: async () => {
        events.push(`start ${name}`);
        await own.start?.();
        events.push(`started ${name}`);
      },
      stop: async (deadline) => {
        events.push(`stop ${name}`);
        await own.stop?.(deadline);
        events.push(`stopped ${name}`);
      },
    }),
  };
}

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

test('is ready only while everything runs', async () => {
  const app = createLifecycle();
  expect(app.reasonNotReady()).toBe('created');
  await app.start();
  expect(app.reasonNotReady()).toBeUndefined();
  await app.stop();
  expect(app.reasonNotReady()).toBe('stopped');
});

describe('start and stop', () => {
  test('start in the given order, one after the other, and stop in reverse', async () => {
    const { events, component } = createHistory();
    const app = createLifecycle();
    for (const name of ['pool', 'producer', 'server']) app.use(component(name));
    await app.start();
    expect(app.phase).toBe('running');
    expect(events.splice(0)).toEqual([
      'start pool',
      'started pool',
      'start producer',
      'started producer',
      'start server',
      'started server',
    ]);
    await app.stop();
    expect(app.phase).toBe('stopped');
    expect(events).toEqual([
      'stop server',
      'stopped server',
      'stop producer',
      'stopped producer',
      'stop pool',
      'stopped pool',
    ]);
  });

  test('both take components that have only one of the two, and synchronous ones', async () => {
    const events: string[] = [];
    const app = createLifecycle();
    app.use({ name: 'a', start: () => void events.push('start a') });
    app.use({ name: 'b', stop: () => void events.push('stop b') });
    app.use({ name: 'c' });
    await app.start();
    await app.stop();
    expect(events).toEqual(['start a', 'stop b']);
  });

  test('a component is handed back by use', () => {
    const component = { name: 'pool', port: 5432 };
    expect(createLifecycle().use(component)).toBe(component);
  });

  test('a second start or stop does nothing, and waits for the first', async () => {
    const { events, component } = createHistory();
    const app = createLifecycle();
    app.use(component('a'));
    await Promise.all([app.start(), app.start().then(() => expect(app.phase).toBe('running'))]);
    await Promise.all([app.stop(), app.stop().then(() => expect(app.phase).toBe('stopped'))]);
    await app.start();
    await app.stop();
    expect(events).toEqual(['start a', 'started a', 'stop a', 'stopped a']);
  });

  test('after a stop, nothing is started', async () => {
    const { events, component } = createHistory();
    const app = createLifecycle();
    app.use(component('a'));
    await app.stop();
    await app.start();
    expect(events).toEqual(['stop a', 'stopped a']);
    expect(app.phase).toBe('stopped');
  });

  test('a stop during start stops the one that is starting, and starts no further one', async () => {
    const { events, component } = createHistory();
    const app = createLifecycle();
    const gate = createGate();
    app.use(component('pool'));
    app.use(component('schema', { start: gate.start, stop: gate.open }));
    app.use(component('server'));
    const started = app.start();
    await gate.reached;
    await Promise.all([app.stop(), started]);
    expect(events).toEqual([
      'start pool',
      'started pool',
      'start schema',
      'stop server',
      'stopped server',
      'stop schema',
      'started schema',
      'stopped schema',
      'stop pool',
      'stopped pool',
    ]);
    expect(app.phase).toBe('stopped');
  });

  test('what a component starts upon is there until its start has ended', async () => {
    const { events, component } = createHistory();
    const app = createLifecycle();
    const gate = createGate();
    const asked = Promise.withResolvers<void>();
    app.use(component('pool'));
    app.use(component('schema', { start: gate.start, stop: () => asked.resolve() }));
    const started = app.start();
    await gate.reached;
    const stopped = app.stop();
    await asked.promise;
    expect(events).not.toContain('stop pool');
    gate.open();
    await Promise.all([started, stopped]);
    expect(events.indexOf('stop pool')).toBeGreaterThan(events.indexOf('started schema'));
  });
});

describe('what fails', () => {
  test('to start: the rest is not started, everything is stopped, and the reason is thrown', async () => {
    const { events, component } = createHistory();
    const app = createLifecycle();
    const reason = new Error('port taken');
    app.use(component('pool'));
    app.use(component('server', { start: () => Promise.reject(reason) }));
    app.use(component('consumer'));
    expect(await errorOf(app.start())).toBe(reason);
    expect(events).not.toContain('start consumer');
    expect(events.slice(-2)).toEqual(['stop pool', 'stopped pool']);
    expect(app.phase).toBe('stopped');
  });

  test('to start and then to stop: the reason of the first is thrown', async () => {
    const app = createLifecycle();
    const reason = new Error('port taken');
    app.use({
      name: 'server',
      start: () => Promise.reject(reason),
      stop: () => Promise.reject(new Error('never listened')),
    });
    expect(await errorOf(app.start())).toBe(reason);
    expect(await errorOf(app.run([]))).toBe(reason);
  });

  test.each(['throws', 'rejects'])(
    'to stop, as it %s: the others are stopped, and all reasons are thrown',
    async (how) => {
      const { events, component } = createHistory();
      const app = createLifecycle();
      const [first, second] = [new Error('first'), new Error('second')];
      const fail = (error: Error) => () => {
        if (how === 'rejects') return Promise.reject(error);
        throw error;
      };
      app.use(component('pool'));
      app.use({ name: 'producer', stop: fail(first) });
      app.use({ name: 'server', stop: fail(second) });
      await app.start();
      const error = await errorOf(app.stop());
      expect(error).toBeInstanceOf(ShutdownError);
      expect(error).toMatchObject({ code: 'SHUTDOWN_INCOMPLETE', errors: [second, first] });
      expect(events).toContain('stopped pool');
      expect(app.phase).toBe('stopped');
    },
  );

  test('to stop in time: the others are stopped, and the late one is named', async () => {
    const { events, component } = createHistory();
    const app = createLifecycle(AT_ONCE);
    app.use(component('pool'));
    app.use({ name: 'server', stop: () => new Promise<void>(() => undefined) });
    await app.start();
    const error = await errorOf(app.stop());
    expect(error).toMatchObject({ errors: [{ message: 'server did not stop within the deadline' }] });
    expect(events).toContain('stopped pool');
  });

  test('to finish in time, but gives up at the deadline: that is a stop', async () => {
    const app = createLifecycle({ deadlineMs: 1, giveUpMs: DEADLINE_MS });
    app.use({
      name: 'server',
      stop: async (deadline) => {
        const aborted = Promise.withResolvers<void>();
        deadline.addEventListener('abort', () => aborted.resolve());
        await aborted.promise;
      },
    });
    await app.start();
    await expect(app.stop()).resolves.toBeUndefined();
  });

  test('to be started and ignores the stop: the deadline ends the waiting for it', async () => {
    const app = createLifecycle(AT_ONCE);
    app.use({ name: 'schema', start: () => new Promise<void>(() => undefined) });
    void app.start();
    expect(await errorOf(app.stop())).toMatchObject({
      errors: [{ message: 'schema did not stop within the deadline' }],
    });
  });
});

describe('run', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('ends with %s, without an error', async (signal) => {
    const { events, component } = createHistory();
    const app = createLifecycle();
    app.use(component('server', { start: () => void setImmediate(() => process.emit(signal, signal)) }));
    await app.run();
    expect(events.at(-1)).toBe('stopped server');
    expect(app.phase).toBe('stopped');
  });

  test('does not listen for signals before and after', async () => {
    const before = process.listenerCount(SIGNAL);
    const app = createLifecycle();
    app.use({ name: 'a', start: () => void setImmediate(() => process.emit(SIGNAL, SIGNAL)) });
    const running = app.run([SIGNAL]);
    expect(process.listenerCount(SIGNAL)).toBe(before + 1);
    await running;
    expect(process.listenerCount(SIGNAL)).toBe(before);
  });

  test('a signal ends it while a component still waits to be started', async () => {
    const { events, component } = createHistory();
    const app = createLifecycle();
    const gate = Promise.withResolvers<void>();
    const start = (): Promise<void> => {
      setImmediate(() => process.emit(SIGNAL, SIGNAL));
      return gate.promise;
    };
    app.use(component('schema', { start, stop: () => gate.resolve() }));
    app.use(component('server'));
    await app.run([SIGNAL]);
    expect(events).not.toContain('start server');
    expect(events).toContain('stopped schema');
  });

  test('a start that breaks because of the signal is no failure', async () => {
    const app = createLifecycle();
    const gate = Promise.withResolvers<void>();
    const start = (): Promise<void> => {
      setImmediate(() => process.emit(SIGNAL, SIGNAL));
      return gate.promise;
    };
    app.use({ name: 'schema', start, stop: () => gate.reject(new Error('aborted')) });
    await expect(app.run([SIGNAL])).resolves.toBeUndefined();
  });

  test('throws why something did not start', async () => {
    const { events, component } = createHistory();
    const app = createLifecycle();
    const reason = new Error('port taken');
    app.use(component('pool'));
    app.use({ name: 'server', start: () => Promise.reject(reason) });
    expect(await errorOf(app.run([SIGNAL]))).toBe(reason);
    expect(events.at(-1)).toBe('stopped pool');
    expect(process.listenerCount(SIGNAL)).toBe(0);
  });

  test('throws why a component failed, after everything was stopped', async () => {
    const { events, component } = createHistory();
    const app = createLifecycle();
    const reason = new Error('consumer crashed');
    app.use(component('pool'));
    app.use({ name: 'consumer', start: () => void setImmediate(() => app.fail(reason)) });
    expect(await errorOf(app.run([]))).toBe(reason);
    expect(events.at(-1)).toBe('stopped pool');
  });

  test('of several failures it throws the first, also when something does not stop then', async () => {
    const app = createLifecycle();
    const reason = new Error('consumer crashed');
    const start = (): void =>
      void setImmediate(() => {
        app.fail(reason);
        app.fail(new Error('consumer crashed again'));
      });
    app.use({ name: 'consumer', start, stop: () => Promise.reject(new Error('cannot leave the group')) });
    expect(await errorOf(app.run([]))).toBe(reason);
  });

  test('a failure while it starts ends it as well', async () => {
    const app = createLifecycle();
    const gate = Promise.withResolvers<void>();
    const reason = new Error('consumer crashed');
    app.use({ name: 'consumer', start: () => app.fail(reason) });
    app.use({ name: 'schema', start: () => gate.promise, stop: () => gate.resolve() });
    expect(await errorOf(app.run([]))).toBe(reason);
  });

  test('throws what did not stop, when nothing else went wrong', async () => {
    const app = createLifecycle();
    const start = (): void => void setImmediate(() => process.emit(SIGNAL, SIGNAL));
    app.use({ name: 'server', start, stop: () => Promise.reject(new Error('stuck')) });
    expect(await errorOf(app.run([SIGNAL]))).toBeInstanceOf(ShutdownError);
  });

  test('a failure that is no Error becomes one', async () => {
    const app = createLifecycle();
    app.use({ name: 'consumer', start: () => app.fail('crashed') });
    expect(await errorOf(app.run([]))).toEqual(new Error('crashed'));
  });
});

describe('await using', () => {
  test('stops what was never run', async () => {
    const { events, component } = createHistory();
    {
      await using app = createLifecycle();
      app.use(component('pool'));
    }
    expect(events).toEqual(['stop pool', 'stopped pool']);
  });

  test('does not put a failed stop before the error that led to it', async () => {
    const reason = new Error('consumer crashed');
    const main = async (): Promise<void> => {
      await using app = createLifecycle();
      app.use({ name: 'consumer', start: () => app.fail(reason), stop: () => Promise.reject(new Error('stuck')) });
      await app.run([]);
    };
    expect(await errorOf(main())).toBe(reason);
  });
});
