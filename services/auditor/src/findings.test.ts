import { describe, expect, test } from '@jest/globals';
import { counted, countKind, Findings, MAX_EXAMPLES, moneyText } from './findings.ts';

const facts = { id: 'I0', title: 'all is well', checked: 9, explanation: '9 things' };
const lost = (subject: string, amount?: number) => ({
  kind: 'lost' as const,
  subject,
  describe: () => `${subject} is gone`,
  ...(amount !== undefined && { amount }),
});

describe('a judgement', () => {
  test('holds when nothing was found', () => {
    const { result } = new Findings().judge(facts);
    expect(result).toEqual({ ...facts, holds: true, broken: 0, examples: [] });
  });

  test('is open when there was nothing to judge by', () => {
    expect(new Findings().judge({ ...facts, notChecked: true }).result.holds).toBeNull();
  });

  test('is broken by one finding, also when the rest could not be judged', () => {
    const findings = new Findings();
    findings.add(lost('order 1'));
    expect(findings.judge({ ...facts, notChecked: true }).result).toMatchObject({
      holds: false,
      broken: 1,
      examples: [{ kind: 'lost', subject: 'order 1', text: 'order 1 is gone' }],
      explanation: '1 lost; 9 things',
    });
  });

  test('counts all findings but describes only the first few', () => {
    const findings = new Findings();
    let described = 0;
    for (let index = 0; index < 1_000; index += 1) {
      findings.add({ kind: 'altered', subject: `${index}`, describe: () => `${(described += 1)}` });
    }
    const { result } = findings.judge(facts);
    expect(result).toMatchObject({ broken: 1_000, explanation: '1,000 altered; 9 things' });
    expect(result.examples).toHaveLength(MAX_EXAMPLES);
    expect(described).toBe(MAX_EXAMPLES);
  });
});

test('a thing that several invariants miss is counted once, with its greatest amount', () => {
  const [first, second] = [new Findings(), new Findings()];
  first.add(lost('order 1'));
  first.add(lost('orders_total', 2));
  second.add(lost('order 1'));
  second.add(lost('order 2'));
  second.add(lost('orders_total', 5));
  const judgements = [first.judge(facts), second.judge(facts)];
  expect(countKind(judgements, 'lost')).toBe(7);
  expect(countKind(judgements, 'altered')).toBe(0);
});

test('numbers are written for people', () => {
  expect([counted(1, 'order'), counted(1_234, 'order'), counted(0, 'key'), counted(2, 'delivery')]).toEqual([
    '1 order',
    '1,234 orders',
    '0 keys',
    '2 deliveries',
  ]);
  expect([moneyText(123_456_789), moneyText(5), moneyText(-10)]).toEqual(['1,234,567.89', '0.05', '-0.10']);
});
