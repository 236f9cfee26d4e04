import type { AuditReport } from './audit.ts';
import { counted, countText, moneyText, type InvariantResult } from './findings.ts';

/** Where the observations came from, without passwords. */
export interface SourceNames {
  readonly receipts: string | undefined;
  readonly orders: string;
  readonly topic: string;
  readonly analytics: string;
}

export interface ReportStyle {
  readonly isColoured: boolean;
}

const GREEN = '32';
const RED = '31';
const DIM = '2';

/** The report for people: what was read, one line per invariant, the verdict. */
export function renderReport(report: AuditReport, sources: SourceNames, style: ReportStyle): string {
  const paint = (code: string, text: string): string => (style.isColoured ? `\u001B[${code}m${text}\u001B[0m` : text);
  const invariants = report.invariants.flatMap((invariant) => invariantLines(invariant, paint));
  const verdict = paint(report.verdict === 'proved' ? GREEN : RED, verdictLine(report));
  return [...sourceLines(report, sources), '', ...invariants, '', verdict, ''].join('\n');
}

/** `proved: accepted 300,000, lost 0, duplicated 0, revenue equal to the cent` */
export function verdictLine(report: AuditReport): string {
  const { accepted, orders, lost, duplicated, altered, pending, verdict } = report;
  if (orders === 0 && (accepted ?? 0) === 0) return 'BROKEN: there is no order, so nothing is proved';
  const facts = [
    accepted === null ? `orders ${countText(orders)} (accepted unknown)` : `accepted ${countText(accepted)}`,
    `lost ${countText(lost)}`,
    `duplicated ${countText(duplicated)}`,
  ];
  if (altered > 0) facts.push(`altered ${countText(altered)}`);
  if (pending > 0) facts.push(`pending ${countText(pending)}`);
  facts.push(revenueText(report.revenueDriftCents));
  return `${verdict === 'proved' ? 'proved' : 'BROKEN'}: ${facts.join(', ')}`;
}

function revenueText(driftCents: number): string {
  if (driftCents === 0) return 'revenue equal to the cent';
  return `revenue ${moneyText(Math.abs(driftCents))} too ${driftCents > 0 ? 'high' : 'low'}`;
}

function sourceLines(report: AuditReport, sources: SourceNames): string[] {
  const told = report.accepted === null ? 'none: I1 is not checked' : counted(report.accepted, 'accepted order');
  const unsent = `outbox ${countText(report.outboxUnsent)} unsent and ${countText(report.outboxDead)} given up`;
  const events = `${counted(report.published, 'event')}, ${countText(report.redelivered)} redelivered`;
  const applied = `${counted(report.processed, 'event')} applied, ${counted(report.deadLetters, 'dead letter')}`;
  const rows = [
    ['receipts', told, sources.receipts ?? ''],
    ['orders', `${counted(report.orders, 'order')}, ${unsent}`, sources.orders],
    ['topic', events, sources.topic],
    ['analytics', applied, sources.analytics],
  ] as const;
  const width = Math.max(...rows.map(([, text]) => text.length));
  return rows.map(([label, text, source]) => `${label.padEnd(11)}${text.padEnd(width)}  ${source}`.trimEnd());
}

function invariantLines(
  { id, title, holds, broken, examples, explanation }: InvariantResult,
  paint: (code: string, text: string) => string,
): string[] {
  const words = { true: ['holds', GREEN], false: ['BROKEN', RED], null: ['not checked', DIM] } as const;
  const [word, colour] = words[`${holds}`];
  const head = `${id}  ${paint(colour, word.padEnd(12))}${title} ${paint(DIM, `(${explanation})`)}`;
  const indent = ' '.repeat(16);
  const lines = examples.map(({ kind, text }) => `${indent}${kind.padEnd(12)}${text}`);
  if (broken > examples.length) lines.push(`${indent}and ${countText(broken - examples.length)} more`);
  return [head, ...lines];
}
