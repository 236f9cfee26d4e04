import { z } from 'zod';

const reportSchema = z.object({
  vulnerabilities: z.record(z.string(), z.object({ severity: z.string(), range: z.string() })),
  metadata: z.object({ dependencies: z.object({ prod: z.number() }) }),
});
const failureSchema = z.object({
  message: z.string().optional(),
  error: z.object({ summary: z.string().optional() }).optional(),
});

export type AuditVerdict =
  | { readonly kind: 'clean'; readonly packages: number }
  | { readonly kind: 'vulnerable'; readonly findings: readonly string[] }
  /** The registry was not asked or gave no answer: nothing is known. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** What `npm audit --json` has found, if it could ask at all. */
export function judgeAudit(output: string): AuditVerdict {
  const json = parseJson(output);
  const report = reportSchema.safeParse(json);
  if (!report.success) {
    const { data } = failureSchema.safeParse(json);
    return { kind: 'unknown', reason: data?.message ?? data?.error?.summary ?? 'npm gave no report' };
  }
  const { vulnerabilities, metadata } = report.data;
  const findings = Object.entries(vulnerabilities).map(
    ([name, { severity, range }]) => `${severity}: ${name} ${range}`,
  );
  return findings.length > 0
    ? { kind: 'vulnerable', findings }
    : { kind: 'clean', packages: metadata.dependencies.prod };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
