/** Faults that somebody who looks at the demo may inject. */
export const FAULTS = {
  'kill-processor': { title: 'Kill the processor', effect: 'SIGKILL to the first processor; started again after 3 s' },
  'pause-broker': { title: 'Pause Kafka', effect: 'SIGSTOP to the broker; woken after 8 s' },
  flood: { title: 'Flood', effect: '1,000 orders/s more for 5 s' },
  'slow-handler': { title: 'Slow handler', effect: '5 ms for every event in the first processor, for 15 s' },
  'roll-orders': { title: 'Roll the order service', effect: 'SIGTERM to the order service, and a new process' },
} as const;

export type FaultKind = keyof typeof FAULTS;

export function isFaultKind(text: string): text is FaultKind {
  return Object.hasOwn(FAULTS, text);
}
