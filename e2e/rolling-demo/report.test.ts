import { describe, expect, test } from '@jest/globals';
import { findFaults, findSlowSteps, renderReport, type RollingReport, type StepResult } from './report.ts';

const STEP: StepResult = {
  round: 1,
  step: 'api-gateway',
  seconds: 20,
  before: { requests: 3_000, failed: 0, p99Ms: 20 },
  during: { requests: 4_000, failed: 0, p99Ms: 50 },
};
const PROVED = { isProved: true, lost: 0, duplicated: 0, report: '' };

function reportOf(step: Partial<StepResult> = {}, verdict: Partial<RollingReport['verdict']> = {}): RollingReport {
  return { ratePerSecond: 200, steps: [{ ...STEP, ...step }], verdict: { ...PROVED, ...verdict } };
}

describe('findFaults', () => {
  test('finds nothing in a rollout that nobody noticed', () => {
    expect(findFaults(reportOf())).toEqual([]);
    expect(renderReport(reportOf())).toContain('verdict: proved');
  });

  test('names each step in which a request failed', () => {
    const report = reportOf({ during: { ...STEP.during, failed: 2 } });
    expect(findFaults(report)).toEqual(['round 1, api-gateway: 2 of 4000 requests failed']);
    expect(renderReport(report)).toContain('verdict: broken\n  round 1, api-gateway');
  });

  test('takes a step without requests for unproved', () => {
    expect(findFaults(reportOf({ during: { requests: 0, failed: 0, p99Ms: undefined } }))).toHaveLength(1);
  });

  test('allows three times the p99 before', () => {
    expect(findSlowSteps(reportOf({ during: { ...STEP.during, p99Ms: 61 } }))).toEqual([
      'round 1, api-gateway: p99 is 3.0 times that before',
    ]);
    expect(findSlowSteps(reportOf({ during: { ...STEP.during, p99Ms: 60 } }))).toEqual([]);
    expect(findSlowSteps(reportOf({ during: { ...STEP.during, p99Ms: undefined } }))).toHaveLength(1);
  });

  test('believes the auditor', () => {
    expect(findFaults(reportOf({}, { isProved: false, lost: 1 }))).toEqual(['not proved: lost 1, duplicated 0']);
  });
});
