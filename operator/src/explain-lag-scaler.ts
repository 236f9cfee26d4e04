import { parseSpec, toPolicy } from './api/v1alpha1/spec.ts';
import { parseStatus, type LagScalerStatus } from './api/v1alpha1/status.ts';
import type { Decision } from './scaling/decision.ts';
import { explain } from './scaling/explain.ts';
import { DEFAULT_POLICY } from './scaling/policy.ts';

export interface LagScalerText {
  readonly namespace: string;
  readonly name: string;
  readonly spec: unknown;
  readonly status: unknown;
}

/** A LagScaler in words: what was decided last and why, and its conditions. */
export function explainLagScaler({ namespace, name, spec, status }: LagScalerText, nowMs: number): string {
  const understood = parseStatus(status);
  return [`LagScaler ${namespace}/${name}`, ...explainDecision(spec, understood, nowMs), ...listConditions(understood)]
    .map((line) => `${line}\n`)
    .join('');
}

function explainDecision(spec: unknown, { lastDecision }: LagScalerStatus, nowMs: number): readonly string[] {
  const parsed = parseSpec(spec);
  if (parsed.kind === 'invalid') return ['', ...parsed.problems];
  const headline = `Scales Deployment ${parsed.spec.target.name}; mode ${parsed.spec.mode}.`;
  if (lastDecision === undefined) return [headline, '', 'Nothing has been decided yet.'];
  if (!isDecision(lastDecision)) return [headline, '', 'The last decision is of another version of the operator.'];
  const policy = toPolicy(parsed.spec, DEFAULT_POLICY.pollSeconds);
  const seconds = Math.max(0, Math.round((nowMs - lastDecision.atMs) / 1_000));
  return [
    headline,
    '',
    explain(lastDecision, policy),
    `So it was ${seconds} s ago. What changes is written within 15 s.`,
  ];
}

/** The status keeps decisions as they are; one of another version may lack a part. */
function isDecision(value: object): value is Decision {
  const { atMs, reason, terms, findings } = value as Partial<Decision>;
  const isComplete = typeof atMs === 'number' && typeof reason === 'string';
  return isComplete && Array.isArray(terms?.ladder) && Array.isArray(findings?.frozenBy);
}

function listConditions({ conditions }: LagScalerStatus): readonly string[] {
  if (conditions.length === 0) return [];
  const lines = conditions.map(({ type, status, reason, message }) =>
    `  ${type.padEnd(18)}${status.padEnd(8)}${reason}${message === '' ? '' : `: ${message}`}`.trimEnd(),
  );
  return ['', 'Conditions', ...lines];
}
