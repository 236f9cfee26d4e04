import { expect, test } from '@jest/globals';
import { compare } from './comparison.ts';
import type { Row } from './tournament.ts';

function row(policy: string, numbers: Partial<Row> = {}): Row {
  const zeros = { scaleEvents: 0, directionChanges: 0, secondsAboveObjective: 0, replicaSeconds: 0, drainSeconds: 0 };
  return { scenario: 'step', policy, ...zeros, ...numbers };
}

const ours = row('ours', { scaleEvents: 2, replicaSeconds: 100 });

test('the rival’s best setting is the cheapest that holds the objective', () => {
  const cheap = row('keda-cheap', { secondsAboveObjective: 100, replicaSeconds: 50 });
  const dear = row('keda-dear', { scaleEvents: 3, replicaSeconds: 200 });
  const best = row('keda-best', { scaleEvents: 20, secondsAboveObjective: 1, replicaSeconds: 125 });
  expect(compare([cheap, ours, dear, best], 3_600)).toMatchObject({
    best: { policy: 'keda-best' },
    isComparable: true,
    eventRatio: 10,
    replicaSecondsRatio: 0.8,
  });
});

test('where no setting holds the objective the nearest is shown, and nothing is claimed', () => {
  const near = row('keda-near', { secondsAboveObjective: 100, replicaSeconds: 50 });
  const far = row('keda-far', { secondsAboveObjective: 900, replicaSeconds: 40 });
  expect(compare([ours, far, near], 3_600)).toMatchObject({ best: { policy: 'keda-near' }, isComparable: false });
});

test('where ours does not hold it nothing is claimed either', () => {
  const late = { ...ours, secondsAboveObjective: 60 };
  expect(compare([late, row('keda', { replicaSeconds: 50 })], 3_600).isComparable).toBe(false);
});

test('no events at all are no ratio', () => {
  const calm = { ...ours, scaleEvents: 0 };
  expect(compare([calm, row('keda', { replicaSeconds: 50 })], 3_600).eventRatio).toBeNull();
});
