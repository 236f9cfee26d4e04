import { Counter, Gauge, Histogram, type Registry } from '@orderflow/service-kit/metrics';
import type { LookOutcome } from '../windows/plan-looks.ts';
import type { AuditListener } from './continuous-audit.ts';
import type { Verdict } from './verdict.ts';

const VERDICTS = ['proved', 'broken', 'settling'] as const;
const OUTCOMES = ['proved', 'pending', 'broken', 'unsettled'] as const satisfies readonly LookOutcome[];
const SOURCES = ['topic', 'receipts'] as const;
const KINDS = ['lost', 'duplicated', 'altered', 'foreign', 'misordered', 'miscounted'] as const;

/** What the audit finds, counted as it happens. */
export function createAuditCounters(registry: Registry) {
  const counter = counterIn(registry);
  const counters = {
    lost: counter('orders_lost_total', 'Orders and state changes found to be lost on the way to analytics.'),
    duplicated: counter('orders_duplicated_total', 'State changes found to have had their effect more than once.'),
    windows: new Counter({
      name: 'audit_windows_checked_total',
      help: 'Minutes of orders that were compared, by what came of it: proved, pending, broken, unsettled.',
      labelNames: ['outcome'],
      registers: [registry],
    }),
    claims: new Counter({
      name: 'audit_claims_checked_total',
      help: 'Statements about orders that were compared with their rows: messages of the topic, lines of the receipts.',
      labelNames: ['source'],
      registers: [registry],
    }),
    roundsFailed: counter('audit_rounds_failed_total', 'Rounds that ended early because a source could not be read.'),
    roundDuration: new Histogram({
      name: 'audit_round_duration_seconds',
      help: 'How long a round of the audit took, waiting for the event processor included.',
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers: [registry],
    }),
  };
  for (const outcome of OUTCOMES) counters.windows.inc({ outcome }, 0);
  for (const source of SOURCES) counters.claims.inc({ source }, 0);
  return counters;
}

export type AuditCounters = ReturnType<typeof createAuditCounters>;

/** Lets the counters hear of what is found. */
export function countFindings(counters: AuditCounters): AuditListener {
  return {
    onGrowth({ lost, duplicated }) {
      counters.lost.inc(lost);
      counters.duplicated.inc(duplicated);
    },
    onLooks(looks) {
      for (const { outcome } of looks) counters.windows.inc({ outcome });
    },
    onStream(source, count) {
      counters.claims.inc({ source }, count);
    },
  };
}

/** Gauges that are read from the verdict when somebody scrapes. */
export function createVerdictGauges(
  registry: Registry,
  audit: { verdict(): Verdict; readonly roundEndedMs: number | undefined },
) {
  const gauge = gaugeIn(registry);
  return {
    drift: gauge('revenue_drift_cents', 'Revenue that analytics shows minus what the orders come to.', {
      value: () => audit.verdict().revenueDriftCents,
    }),
    unaccounted: gauge(
      'oldest_unaccounted_seconds',
      'Age of the oldest state change that is neither in analytics nor parked, given up or a dead letter.',
      { value: () => audit.verdict().oldestUnaccountedSeconds },
    ),
    lag: gauge('audit_lag_seconds', 'Age of the newest order up to which every minute is proved.', {
      value: () => lagSeconds(audit.verdict()),
    }),
    lastRound: gauge('audit_last_verdict_timestamp_seconds', 'When the last whole round ended, Unix seconds.', {
      value: () => (audit.roundEndedMs ?? 0) / 1_000,
    }),
    ...createLabelledGauges(registry, audit),
  };
}

function createLabelledGauges(registry: Registry, audit: { verdict(): Verdict }) {
  return {
    verdict: new Gauge({
      name: 'audit_verdict',
      help: '1 for the present verdict, 0 for the others: proved, broken, settling.',
      labelNames: ['verdict'],
      registers: [registry],
      collect() {
        const { verdict: present } = audit.verdict();
        for (const verdict of VERDICTS) this.set({ verdict }, verdict === present ? 1 : 0);
      },
    }),
    findings: new Gauge({
      name: 'audit_findings',
      help: 'Findings that stand now, by kind.',
      labelNames: ['kind'],
      registers: [registry],
      collect() {
        const verdict = audit.verdict();
        for (const kind of KINDS) this.set({ kind }, verdict[kind]);
      },
    }),
    pending: new Gauge({
      name: 'audit_pending_events',
      help: 'State changes without an effect although nothing is wrong, by reason: unsent, parked, given up, dead letter.',
      labelNames: ['reason'],
      registers: [registry],
      collect() {
        for (const [reason, amount] of Object.entries(audit.verdict().pending)) this.set({ reason }, amount);
      },
    }),
  };
}

function lagSeconds({ provedUpTo, at, windows }: Verdict): number {
  if (provedUpTo !== null) return Math.max(0, Date.parse(at) - Date.parse(provedUpTo)) / 1_000;
  return Object.values(windows).some((count) => count > 0) ? Number.POSITIVE_INFINITY : 0;
}

function counterIn(registry: Registry): (name: string, help: string) => Counter {
  return (name, help) => new Counter({ name, help, registers: [registry] });
}

function gaugeIn(registry: Registry) {
  return (name: string, help: string, { value }: { readonly value: () => number }): Gauge =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value());
      },
    });
}
