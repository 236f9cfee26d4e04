import type { AuditReport } from '@orderflow/auditor/audit';
import type { LoadReport } from '@orderflow/load-generator/report';
import { describeStrike, secondsText, type Strike } from './strike.ts';

/** What became of one strike. */
export interface StrikeRecord {
  readonly strike: Strike;
  /** Accepted orders when it began. */
  readonly atOrders: number;
  readonly kills: number;
  /** Why it did not hit: then nothing was broken, and it proves nothing. */
  readonly missed?: string | undefined;
  /** From its end until everything flowed again; undefined when it missed or that did not come in time. */
  readonly recoveryMs?: number | undefined;
}

/** What the standing auditor said in the end; `verdict` is what it hindered where it came to none. */
export interface StandingWord {
  readonly verdict: string;
  /** Losses and doubles that it has ever reported. */
  readonly alarms: number;
}

/** What is judged. */
export interface Evidence {
  readonly strikes: readonly StrikeRecord[];
  readonly load: Pick<LoadReport, 'wrongAnswers' | 'wrongAnswerExamples'>;
  readonly audit: AuditReport;
  readonly standing: StandingWord;
  /** From the end of the load until outbox and lag were 0; undefined when they did not get there. */
  readonly drainMs: number | undefined;
  /** Undefined when no poison was sent. */
  readonly poison: PoisonEvidence | undefined;
}

export interface PoisonEvidence {
  readonly sent: number;
  /** Distinct messages in the dead letter topic, with place and reason in their headers. */
  readonly inDeadLetterTopic: number;
}

export interface Judgement {
  readonly invariant: string;
  /** null when there was nothing to judge it by. */
  readonly holds: boolean | null;
  readonly explanation: string;
}

/** The longest time that partitions may stand still behind poison (I8). */
export const POISON_LIMIT_MS = 10_000;

/** Judges I1 to I9. Pure. */
export function judge(evidence: Evidence): readonly Judgement[] {
  const audited = evidence.audit.invariants.map(({ id, holds, explanation, examples }) => ({
    invariant: id,
    holds,
    explanation: holds === false ? [explanation, ...examples.map(({ text }) => text)].join('; ') : explanation,
  }));
  return [
    ...audited.map((judgement) => withAnswers(judgement, evidence)),
    judgePoison(evidence),
    judgeRecovery(evidence),
  ];
}

/** An answer that contradicts what was sent, or the word of the auditor that watched, breaks I1 as well. */
function withAnswers(judgement: Judgement, { load, standing }: Evidence): Judgement {
  if (judgement.invariant !== 'I1') return judgement;
  const wrong: string[] = [];
  if (load.wrongAnswers > 0) wrong.push(`${load.wrongAnswers} wrong answers (${load.wrongAnswerExamples.join('; ')})`);
  if (standing.verdict !== 'proved') wrong.push(`standing auditor: ${standing.verdict}`);
  if (standing.alarms > 0) wrong.push(`standing auditor: ${standing.alarms} alarms`);
  if (wrong.length === 0) return judgement;
  return { ...judgement, holds: false, explanation: [...wrong, judgement.explanation].join('; ') };
}

function judgePoison({ poison, strikes }: Evidence): Judgement {
  if (poison === undefined) return { invariant: 'I8', holds: null, explanation: 'no poison here' };
  const slowest = Math.max(
    0,
    ...strikes.filter(({ strike }) => strike.kind === 'poison').map(({ recoveryMs = Infinity }) => recoveryMs),
  );
  const isComplete = poison.inDeadLetterTopic === poison.sent;
  return {
    invariant: 'I8',
    holds: isComplete && slowest <= POISON_LIMIT_MS,
    explanation:
      `${poison.sent} poison messages, ${poison.inDeadLetterTopic} in the dead letter topic with place and reason; ` +
      `the other messages were held up for ${secondsText(slowest)} at most`,
  };
}

function judgeRecovery({ strikes, audit, drainMs }: Evidence): Judgement {
  const stuck = strikes.filter(({ missed, recoveryMs }) => missed === undefined && recoveryMs === undefined);
  if (stuck.length > 0) {
    const what = stuck.map(({ strike }) => describeStrike(strike)).join('; ');
    return { invariant: 'I9', holds: false, explanation: `not recovered from: ${what}` };
  }
  if (drainMs === undefined || audit.outboxUnsent > 0 || audit.pending > 0) {
    const left = `outbox ${audit.outboxUnsent}, ${audit.pending} state changes without effect`;
    return { invariant: 'I9', holds: false, explanation: `not drained: ${left}` };
  }
  return { invariant: 'I9', holds: true, explanation: `lag 0 and outbox 0, ${secondsText(drainMs)} after the load` };
}

/** Of an unsorted list; undefined when it is empty. */
export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
