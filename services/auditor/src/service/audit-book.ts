import { idTimestampMs } from '@orderflow/contracts/ids';
import { MAX_EXAMPLES, type FindingKind } from '../findings.ts';
import type { StreamFinding } from '../stream/claim.ts';
import type { PendingReason } from '../windows/outbox-contents.ts';
import type { WindowMark } from '../windows/plan-looks.ts';
import type { CountedFinding, WindowLook } from '../windows/window-audit.ts';

/** What is kept of a window between two looks: bounded, whatever is wrong in it. */
export interface WindowRecord extends WindowMark {
  readonly orders: number;
  readonly changes: number;
  readonly driftCents: number;
  readonly counts: ReadonlyMap<FindingKind, number>;
  readonly pending: ReadonlyMap<PendingReason, number>;
  readonly examples: readonly InvariantFinding[];
}

/** A finding with the invariant that it breaks. */
export type InvariantFinding = CountedFinding & { readonly invariant: string };

/** Findings of the stream that are shown; all are counted. */
const MAX_STREAM_EXAMPLES = 100;
/** Examples that are kept of one window. */
const MAX_WINDOW_EXAMPLES = 20 * MAX_EXAMPLES;

/** Counters that only grow; a window that is looked at again adds only what is new. */
export interface Growth {
  readonly lost: number;
  readonly duplicated: number;
}

/** Everything the auditor remembers: one record per minute, and what the stream has shown. */
export class AuditBook {
  readonly #windows = new Map<number, WindowRecord>();
  readonly #streamCounts = new Map<string, Map<FindingKind, number>>();
  readonly #streamExamples: InvariantFinding[] = [];
  /** What the last snapshots showed beside the windows: replaced each round. */
  snapshotFindings: readonly InvariantFinding[] = [];

  get windows(): ReadonlyMap<number, WindowRecord> {
    return this.#windows;
  }

  get streamExamples(): readonly InvariantFinding[] {
    return this.#streamExamples;
  }

  /** Writes down a look; returns what it found that was not known before. */
  addLook(look: WindowLook): Growth {
    const record = toRecord(look);
    const before = this.#windows.get(look.fromMs);
    this.#windows.set(look.fromMs, record);
    return {
      lost: Math.max(0, countOf(record, 'lost') - countOf(before, 'lost')),
      duplicated: Math.max(0, countOf(record, 'duplicated') - countOf(before, 'duplicated')),
    };
  }

  /** Writes down what the stream has shown. Nothing takes such a finding back. */
  addStreamFindings(findings: readonly StreamFinding[]): Growth {
    for (const finding of findings) {
      const counts = this.#streamCounts.get(finding.invariant) ?? new Map<FindingKind, number>();
      this.#streamCounts.set(finding.invariant, counts.set(finding.kind, (counts.get(finding.kind) ?? 0) + 1));
      if (this.#streamExamples.length < MAX_STREAM_EXAMPLES) this.#streamExamples.push(finding);
    }
    const lost = findings.filter(({ kind }) => kind === 'lost').length;
    return { lost, duplicated: findings.filter(({ kind }) => kind === 'duplicated').length };
  }

  /** Forgets windows from before the moment. */
  retire(beforeMs: number): void {
    for (const fromMs of this.#windows.keys()) if (fromMs < beforeMs) this.#windows.delete(fromMs);
  }

  /** Number of findings of a kind, by invariant. */
  counts(): ReadonlyMap<string, ReadonlyMap<FindingKind, number>> {
    const counts = new Map([...this.#streamCounts].map(([invariant, kinds]) => [invariant, new Map(kinds)]));
    const add = (invariant: string, kind: FindingKind, amount: number): void => {
      const kinds = counts.get(invariant) ?? new Map<FindingKind, number>();
      counts.set(invariant, kinds.set(kind, (kinds.get(kind) ?? 0) + amount));
    };
    for (const { counts: kinds } of this.#windows.values()) {
      for (const [kind, amount] of kinds) add('I4', kind, amount);
    }
    for (const { invariant, kind } of this.snapshotFindings) add(invariant, kind, 1);
    return counts;
  }
}

function countOf(record: WindowRecord | undefined, kind: FindingKind): number {
  return record?.counts.get(kind) ?? 0;
}

function toRecord({ sums, findings, pending, ...look }: WindowLook): WindowRecord {
  const counts = new Map<FindingKind, number>();
  for (const { kind, amount = 1 } of findings) counts.set(kind, (counts.get(kind) ?? 0) + amount);
  const reasons = new Map<PendingReason, number>();
  for (const { reason } of pending) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  return {
    fromMs: look.fromMs,
    toMs: look.toMs,
    lookedAtMs: look.lookedAtMs,
    outcome: look.outcome,
    driftCents: look.driftCents,
    orders: sums.orders,
    changes: sums.changes,
    counts,
    pending: reasons,
    examples: findings.slice(0, MAX_WINDOW_EXAMPLES).map((finding) => ({ ...finding, invariant: 'I4' })),
  };
}

/** The moment of the oldest order that is lost, from its id. */
export function oldestLossMs(windows: Iterable<WindowRecord>): number | undefined {
  let oldestMs: number | undefined;
  for (const { examples } of windows) {
    for (const { kind, subject } of examples) {
      if (kind !== 'lost') continue;
      const atMs = idTimestampMs(subject);
      if (Number.isSafeInteger(atMs)) oldestMs = Math.min(oldestMs ?? Infinity, atMs);
    }
  }
  return oldestMs;
}
