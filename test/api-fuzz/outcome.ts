import { z } from 'zod';

/** The part of Schemathesis's JSON report that is judged. */
const reportSchema = z.object({
  complete: z.boolean(),
  operations: z.object({ total: z.int(), tested: z.int() }),
  test_cases: z.object({ generated: z.int(), with_failures: z.int(), errored: z.int() }),
});

/** What a run of the fuzzer came to. */
export interface FuzzOutcome {
  readonly passed: number;
  readonly failed: number;
  /** Why the run proves nothing although no request failed; empty when it does. */
  readonly shortcomings: readonly string[];
}

/**
 * Reads a report.
 *
 * @throws {z.ZodError} when it is not one of Schemathesis's.
 */
export function readFuzzOutcome(report: unknown, requiredCases: number): FuzzOutcome {
  const { complete, operations, test_cases: cases } = reportSchema.parse(report);
  const failed = cases.with_failures + cases.errored;
  const shortcomings = [
    ...(complete ? [] : ['the run was not complete']),
    ...(operations.tested < operations.total
      ? [`${operations.tested} of ${operations.total} operations were tested`]
      : []),
    ...(cases.generated < requiredCases ? [`${cases.generated} requests are fewer than ${requiredCases}`] : []),
  ];
  return { passed: cases.generated - failed, failed, shortcomings };
}
