import { describe, expect, test } from '@jest/globals';
import { KedaWithHpa, type KedaSettings } from './keda.ts';

const SETTINGS: KedaSettings = { lagThreshold: 100, scaleDownWindowSeconds: 300, minReplicas: 1, maxReplicas: 24 };

/** What is written at each HPA sync, given the lag at each. */
function replicasOver(lags: readonly number[], from: number, settings = SETTINGS): number[] {
  const keda = new KedaWithHpa(settings);
  let specReplicas = from;
  return lags.map((lag, index) => {
    specReplicas = keda.replicas({ second: 15 * (index + 1), lag, specReplicas, partitions: 24 });
    return specReplicas;
  });
}

describe('KEDA with the HPA, as they are', () => {
  test('aims at the threshold for each replica', () => {
    expect(replicasOver([750], 4)).toEqual([8]);
  });

  test('stays within a tolerance of 10 %, which leaves 22 of 24 replicas', () => {
    expect(replicasOver([439], 4)).toEqual([4]);
    expect(replicasOver([441], 4)).toEqual([5]);
    expect(replicasOver([10_000, 10_000], 22)).toEqual([22, 22]);
  });

  test('does not count more lag than a threshold for each partition', () => {
    expect(replicasOver([1_000_000, 1_000_000], 12, { ...SETTINGS, maxReplicas: 100 })).toEqual([24, 24]);
  });

  test('adds 4 pods or as many again each 15 s', () => {
    expect(replicasOver([2_400, 2_400, 2_400, 2_400], 1)).toEqual([5, 10, 20, 24]);
  });

  test('goes down to the highest recommendation of the window, and no sooner', () => {
    const window = 300 / 15;
    const quiet = replicasOver([800, ...Array<number>(window + 1).fill(200)], 8);
    expect(quiet.slice(0, window)).toEqual(Array(window).fill(8));
    expect(quiet.at(-1)).toBe(2);
  });

  test('looks every 15 s', () => {
    const keda = new KedaWithHpa(SETTINGS);
    expect(keda.replicas({ second: 14, lag: 2_400, specReplicas: 4, partitions: 24 })).toBe(4);
    expect(keda.replicas({ second: 15, lag: 2_400, specReplicas: 4, partitions: 24 })).toBe(8);
  });

  test('wakes from 0 by KEDA itself, and goes to 0 only after its cooldown', () => {
    const keda = new KedaWithHpa({ ...SETTINGS, minReplicas: 0 });
    const at = (second: number, lag: number, specReplicas: number) =>
      keda.replicas({ second, lag, specReplicas, partitions: 24 });
    expect(at(15, 50, 0)).toBe(0);
    expect(at(30, 50, 0)).toBe(1);
    expect(at(330, 0, 1)).toBe(1);
    expect(at(360, 0, 1)).toBe(0);
  });
});
