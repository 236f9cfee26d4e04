/**
 * For `node --import`, before a program: switches tracing on where OTEL_* asks for it, and otherwise loads nothing. The
 * loader's hook is registered before anything is imported: without it express and kafkajs would go untraced, as they
 * are CommonJS that ES modules import.
 */
import { register } from 'node:module';
import { planLogs, planTelemetry, type TelemetryPlan } from './telemetry-plan.ts';

const plan = planOrExit();
if (plan.kind === 'on') {
  const { INSTRUMENTED_MODULES } = await import('./instrumented-modules.ts');
  register('@opentelemetry/instrumentation/hook.mjs', import.meta.url, { data: { include: INSTRUMENTED_MODULES } });
  const { startTelemetry, logDiagnostics } = await import('./start-telemetry.ts');
  const { installTracing } = await import('./tracing.ts');
  installTracing(startTelemetry(plan.sampler, planLogs(process.env)));
  const { createLogger } = await import('../logger.ts');
  logDiagnostics(createLogger({ service: process.env['OTEL_SERVICE_NAME'] ?? 'telemetry', level: 'warn' }));
}

/** A bad variable ends the process as those of the program do. */
function planOrExit(): TelemetryPlan {
  try {
    return planTelemetry(process.env);
  } catch (error: unknown) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return process.exit(2);
  }
}
