import { Counter, Gauge, type Registry } from '@orderflow/service-kit/metrics';

const OUTCOMES = ['done', 'refused', 'failed'] as const;

/** Who watches, and what that costs the others. */
export function createConsoleMetrics(registry: Registry, viewers: () => number) {
  const metrics = {
    viewers: new Gauge({
      name: 'console_viewers',
      help: 'Pages that are open and shown.',
      registers: [registry],
      collect() {
        this.set(viewers());
      },
    }),
    looks: new Counter({
      name: 'console_looks_total',
      help: 'Looks at all sources, one for all viewers together; none while nobody watches.',
      registers: [registry],
    }),
    actions: new Counter({
      name: 'console_actions_total',
      help: 'What was done by hand, by outcome: done, refused (4xx) or failed (5xx).',
      labelNames: ['outcome'],
      registers: [registry],
    }),
  };
  for (const outcome of OUTCOMES) metrics.actions.inc({ outcome }, 0);
  return metrics;
}

export function outcomeOf(status: number): (typeof OUTCOMES)[number] {
  return status < 400 ? 'done' : status < 500 ? 'refused' : 'failed';
}
