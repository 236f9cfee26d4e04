/** A process of the platform, by the name under which it logs. */
export type ProcessName =
  | 'api-gateway'
  | 'order-service'
  | 'publisher-1'
  | 'event-processor-1'
  | 'event-processor-2'
  | 'auditor'
  | 'kafka'
  | 'postgres';

export type StoreName = Extract<ProcessName, 'kafka' | 'postgres'>;

/** A way that requests take, with a proxy on it. */
export type LinkName = 'clients to gateway' | 'order service to Postgres' | 'processors to Postgres' | 'all to Kafka';

/**
 * What a link does. cut: all connections are reset. delay: every chunk comes `delayMs` late. stall: nothing goes
 * through, then everything does. half-open: what is connected goes dead and nobody is told; new connections pass.
 * lose-replies: requests arrive, answers do not, then the connections are reset.
 */
export type LinkFault =
  | { readonly how: 'cut' }
  | { readonly how: 'half-open' }
  | { readonly how: 'delay'; readonly delayMs: number; readonly forMs: number }
  | { readonly how: 'stall' | 'lose-replies'; readonly forMs: number };

/** A moment in the life of an order at which a process is killed; `strikes/failpoints.ts` says how each is found. */
export const FAILPOINTS = [
  'order written, commit not reached',
  'order committed, service dead before it knows',
  'order committed, gateway dead before it answers',
  'event sent, outbox row not deleted',
  'event sent, not acknowledged',
  'batch in an open transaction',
  'batch applied, offset not committed to Kafka',
  'orders waiting in Postgres when it dies',
] as const;
export type Failpoint = (typeof FAILPOINTS)[number];

/** One thing that is done to the platform while orders flow. */
export type Strike =
  | { readonly kind: 'kill'; readonly victims: readonly ProcessName[]; readonly gapMs?: number }
  | { readonly kind: 'outage'; readonly victim: StoreName; readonly forMs: number }
  | { readonly kind: 'pause'; readonly victim: ProcessName; readonly forMs: number }
  | { readonly kind: 'failpoint'; readonly at: Failpoint }
  | { readonly kind: 'link'; readonly link: LinkName; readonly fault: LinkFault }
  | { readonly kind: 'join' }
  | { readonly kind: 'leave' }
  | { readonly kind: 'late-commit'; readonly orders: number; readonly behindEvents: number }
  | { readonly kind: 'disk-full'; readonly victim: StoreName; readonly forMs: number }
  | { readonly kind: 'clock-jump'; readonly victim: ProcessName; readonly byMs: number; readonly forMs: number }
  | { readonly kind: 'poison'; readonly messages: number }
  | { readonly kind: 'replay-topic' };

/** The strike in words, as it stands in reports. */
export function describeStrike(strike: Strike): string {
  switch (strike.kind) {
    case 'kill':
      return `kill -9 ${strike.victims.join(', ')}${gapText(strike.gapMs)}`;
    case 'outage':
      return `kill -9 ${strike.victim}, back after ${secondsText(strike.forMs)}`;
    case 'pause':
      return `SIGSTOP ${strike.victim} for ${secondsText(strike.forMs)}`;
    case 'failpoint':
      return `kill -9 at: ${strike.at}`;
    case 'link':
      return `${strike.link}: ${describeFault(strike.fault)}`;
    case 'join':
      return 'a processor joins';
    case 'leave':
      return 'a processor leaves';
    case 'late-commit':
      return `${strike.orders} transactions stay open until ${strike.behindEvents} later events are sent`;
    case 'disk-full':
      return `disk of ${strike.victim} full for ${secondsText(strike.forMs)}`;
    case 'clock-jump':
      return `clock of ${strike.victim} ${strike.byMs > 0 ? '+' : ''}${secondsText(strike.byMs)} for ${secondsText(strike.forMs)}`;
    case 'poison':
      return `${strike.messages} poison messages`;
    case 'replay-topic':
      return 'the whole topic sent again';
    default:
      return strike satisfies never;
  }
}

/** Victims die one after the other, `gapMs` apart. */
function gapText(gapMs = 0): string {
  return gapMs === 0 ? '' : `, ${gapMs} ms apart`;
}

function describeFault(fault: LinkFault): string {
  switch (fault.how) {
    case 'cut':
      return 'connections cut';
    case 'half-open':
      return 'connections left half open';
    case 'delay':
      return `${fault.delayMs} ms late for ${secondsText(fault.forMs)}`;
    case 'stall':
      return `stalled for ${secondsText(fault.forMs)}`;
    case 'lose-replies':
      return `replies lost for ${secondsText(fault.forMs)}, then cut`;
    default:
      return fault satisfies never;
  }
}

/** `1.5 s` */
export function secondsText(ms: number): string {
  return `${Number((ms / 1_000).toFixed(1))} s`;
}
