import { expect, test } from '@jest/globals';
import { judgeAudit } from './audit-report.ts';

const reportOf = (vulnerabilities: object): string =>
  JSON.stringify({ vulnerabilities, metadata: { dependencies: { prod: 120 } } });

test('an audit without findings is clean', () => {
  expect(judgeAudit(reportOf({}))).toEqual({ kind: 'clean', packages: 120 });
});

test('an audit names what it found', () => {
  expect(judgeAudit(reportOf({ a: { severity: 'high', range: '<2.0.0' } }))).toEqual({
    kind: 'vulnerable',
    findings: ['high: a <2.0.0'],
  });
});

test.each([
  ['', 'npm gave no report'],
  ['{"message":"405 Method Not Allowed"}', '405 Method Not Allowed'],
  ['{"error":{"summary":"audit endpoint returned an error"}}', 'audit endpoint returned an error'],
])('an audit that could not ask is not clean (%j)', (output, reason) => {
  expect(judgeAudit(output)).toEqual({ kind: 'unknown', reason });
});
