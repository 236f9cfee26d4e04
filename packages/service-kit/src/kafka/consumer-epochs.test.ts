import { describe, expect, test } from '@jest/globals';
import { ConsumerEpochs } from './consumer-epochs.ts';

const PARTITIONS = new Map([['t', [0, 1]]]);

function setUp(onRevoked: (epoch: number) => Promise<void> = () => Promise.resolve(), revokeDeadlineMs = 60_000) {
  const seen: string[] = [];
  const errors: unknown[] = [];
  const epochs = new ConsumerEpochs(
    {
      onBatch: () => Promise.resolve(),
      onAssigned: ({ epoch }) => void seen.push(`assigned ${epoch}`),
      onRevoked: (epoch) => {
        seen.push(`revoked ${epoch}`);
        return onRevoked(epoch);
      },
    },
    { revokeDeadlineMs, onHandlerError: (error) => errors.push(error) },
  );
  return { epochs, seen, errors };
}

describe('consumer epochs', () => {
  test('take nothing before the first assignment', () => {
    const { epochs } = setUp();
    expect(epochs.current).toBe(0);
    expect(epochs.takesBatches(0)).toBe(false);
    expect(epochs.takesCommits(0)).toBe(false);
  });

  test('take batches and commits while assigned', () => {
    const { epochs, seen } = setUp();
    epochs.assign(PARTITIONS);
    expect(seen).toEqual(['assigned 1']);
    expect(epochs.takesBatches(1)).toBe(true);
    expect(epochs.takesCommits(1)).toBe(true);
  });

  test('take commits but no batches while the handlers let go', async () => {
    const letGo = Promise.withResolvers<void>();
    const { epochs } = setUp(() => letGo.promise);
    epochs.assign(PARTITIONS);
    const revoked = epochs.revoke();
    expect(epochs.current).toBe(1);
    expect(epochs.takesBatches(1)).toBe(false);
    expect(epochs.takesCommits(1)).toBe(true);
    letGo.resolve();
    await revoked;
    expect(epochs.takesCommits(1)).toBe(false);
    expect(epochs.current).toBeGreaterThan(1);
  });

  test('take nothing for an old epoch after the next assignment', async () => {
    const { epochs } = setUp();
    epochs.assign(PARTITIONS);
    await epochs.revoke();
    epochs.assign(PARTITIONS);
    expect(epochs.current).toBeGreaterThan(1);
    expect(epochs.takesBatches(1)).toBe(false);
    expect(epochs.takesCommits(1)).toBe(false);
    expect(epochs.takesCommits(epochs.current)).toBe(true);
  });

  test('end at the deadline when the handlers do not let go', async () => {
    const { epochs } = setUp(() => new Promise(() => undefined), 1);
    epochs.assign(PARTITIONS);
    await epochs.revoke();
    expect(epochs.takesCommits(1)).toBe(false);
  });

  test('are revoked once, however many ask', async () => {
    const { epochs, seen } = setUp();
    epochs.assign(PARTITIONS);
    await Promise.all([epochs.revoke(), epochs.revoke()]);
    await epochs.revoke();
    expect(seen).toEqual(['assigned 1', 'revoked 1']);
  });

  test('report a handler that fails and end all the same', async () => {
    const failure = new Error('commit failed');
    const { epochs, errors } = setUp(() => Promise.reject(failure));
    epochs.assign(PARTITIONS);
    await epochs.revoke();
    expect(errors).toEqual([failure]);
    expect(epochs.takesCommits(1)).toBe(false);
  });

  test('tell the handlers of an assignment that was replaced without a revocation', () => {
    const { epochs, seen } = setUp();
    epochs.assign(PARTITIONS);
    epochs.assign(PARTITIONS);
    expect(seen).toEqual(['assigned 1', 'revoked 1', 'assigned 2']);
  });
});
