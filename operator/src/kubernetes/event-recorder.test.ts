import { describe, expect, test } from '@jest/globals';
import { silentLogger } from '@orderflow/service-kit/logger';
import { ManualTime } from '../../test/manual-time.ts';
import type { ClusterEvent, LagScalerResource } from '../controller/ports.ts';
import { SeriesEventRecorder, type Events } from './event-recorder.ts';

class RecordingEvents implements Events {
  readonly created: Record<string, unknown>[] = [];
  readonly patched: { readonly name: string; readonly body: unknown }[] = [];
  /** What `create` waits for. */
  gate: Promise<void> = Promise.resolve();

  async create(body: object): Promise<void> {
    await this.gate;
    this.created.push(body as Record<string, unknown>);
  }

  async mergePatch(name: string, body: object): Promise<void> {
    this.patched.push({ name, body });
  }
}

function createRecorder(events: Events): SeriesEventRecorder {
  return new SeriesEventRecorder({
    events,
    controller: 'scaling.orderflow.dev/lagscaler-operator',
    instance: 'operator-1',
    apiVersion: 'scaling.orderflow.dev/v1alpha1',
    kind: 'LagScaler',
    logger: silentLogger(),
    time: new ManualTime(),
  });
}

function event(note = 'from 2 to 6', name = 'event-processor'): ClusterEvent {
  const ref = { namespace: 'orders', name };
  const regarding = { ref, uid: 'uid', resourceVersion: '7' } as LagScalerResource;
  return { regarding, type: 'Normal', reason: 'ScaledUp', action: 'Scaling', note };
}

describe('SeriesEventRecorder', () => {
  test('writes an event with all that events.k8s.io/v1 demands, and its repetition as a series', async () => {
    const events = new RecordingEvents();
    const recorder = createRecorder(events);
    recorder.record(event());
    recorder.record(event());
    await recorder.stop();
    expect(events.created).toEqual([
      {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { name: expect.stringMatching(/^event-processor\.[0-9a-f]{16}$/), namespace: 'orders' },
        eventTime: '2026-01-01T00:00:00.000000Z',
        reportingController: 'scaling.orderflow.dev/lagscaler-operator',
        reportingInstance: 'operator-1',
        regarding: {
          apiVersion: 'scaling.orderflow.dev/v1alpha1',
          kind: 'LagScaler',
          namespace: 'orders',
          name: 'event-processor',
          uid: 'uid',
          resourceVersion: '7',
        },
        type: 'Normal',
        reason: 'ScaledUp',
        action: 'Scaling',
        note: 'from 2 to 6',
      },
    ]);
    const name = (events.created[0] as { metadata: { name: string } }).metadata.name;
    expect(events.patched).toEqual([
      { name, body: { series: { count: 2, lastObservedTime: '2026-01-01T00:00:00.000000Z' } } },
    ]);
  });

  test('keeps within the limits of names and notes, whole characters only', async () => {
    const events = new RecordingEvents();
    const recorder = createRecorder(events);
    recorder.record(event('ä'.repeat(2_000), 'n'.repeat(253)));
    await recorder.stop();
    const { note, metadata } = events.created[0] as { note: string; metadata: { name: string } };
    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1_024);
    expect(note).toMatch(/^ä+\.\.\.$/);
    expect(metadata.name).toHaveLength(253);
  });

  test('loses an event that cannot be written, and writes the next one', async () => {
    const events = new RecordingEvents();
    events.gate = Promise.reject(new Error('away'));
    const recorder = createRecorder(events);
    recorder.record(event());
    await events.gate.catch(() => undefined);
    await Promise.resolve();
    events.gate = Promise.resolve();
    recorder.record(event('from 6 to 2'));
    await recorder.stop();
    expect(events.created.map((body) => body['note'])).toEqual(['from 6 to 2']);
  });

  test('holds a bounded number of unsent events, and takes none after its stop', async () => {
    const events = new RecordingEvents();
    const gate = Promise.withResolvers<void>();
    events.gate = gate.promise;
    const recorder = createRecorder(events);
    for (let count = 0; count < 500; count += 1) {
      const { regarding, ...rest } = event(`${count}`);
      recorder.record({ ...rest, regarding: { ...regarding, uid: `${count}` } });
    }
    const stopped = recorder.stop();
    recorder.record(event('late'));
    gate.resolve();
    await stopped;
    expect(events.created).toHaveLength(100);
  });
});
