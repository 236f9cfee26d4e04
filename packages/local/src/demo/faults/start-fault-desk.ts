import { join } from 'node:path';
import type { Verdict } from '@orderflow/auditor/service/verdict';
import { sleep } from '@orderflow/service-kit/sleep';
import type { Platform } from '../../platform/platform.ts';
import type { RunDirectory } from '../../run-directory.ts';
import type { ConsoleBulletin } from '../console-bulletin.ts';
import { startLoad } from '../load.ts';
import { readVerdict } from '../standing-audit.ts';
import { startFaultControl } from './fault-control.ts';
import { FaultDesk } from './fault-desk.ts';
import { INJECTORS } from './inject-fault.ts';

const FLOOD = { ratePerSecond: 1_000, seconds: 5, appendsReceipts: true };
const VERDICT_WITHIN_MS = 300_000;
const ASK_EVERY_MS = 500;

export interface FaultDeskParts {
  readonly platform: Platform;
  readonly run: RunDirectory;
  /** The journal that is audited. */
  readonly receipts: string;
  readonly bulletin: ConsoleBulletin;
}

/** Lets the console inject faults into a platform of this process. The stack ends it, and the fault that is under way. */
export async function startFaultDesk(parts: FaultDeskParts, stack: AsyncDisposableStack): Promise<FaultDesk> {
  const { platform, bulletin } = parts;
  const ground = { platform, startFlood: () => startFlood(parts) };
  const desk = new FaultDesk({
    inject: (kind, call) => INJECTORS[kind](ground, call),
    judge: (beforeMs, signal) => judge(platform.endpoints().auditor, beforeMs, signal),
    onChange: (report) => bulletin.offerFaults({ url: control.url, token: control.token, report }),
    nowMs: Date.now,
  });
  const control = stack.use(await startFaultControl((kind) => desk.strike(kind)));
  stack.defer(() => desk.stop());
  return desk;
}

function startFlood({ platform, run, receipts }: FaultDeskParts) {
  const report = join(run.path, 'flood-report.json');
  return startLoad({ ...FLOOD, run, receipts, report, gateway: platform.gateway.url, onSample: () => undefined });
}

async function judge(auditorUrl: string | undefined, beforeMs: number, signal: AbortSignal): Promise<string> {
  if (auditorUrl === undefined) return 'no auditor watches';
  const giveUpMs = Date.now() + VERDICT_WITHIN_MS;
  let waitingFor = 'the auditor';
  while (!signal.aborted && Date.now() < giveUpMs) {
    const said = await readVerdict(auditorUrl);
    if (said !== undefined && isJudged(said, beforeMs)) {
      const { verdict, orders, lost, duplicated } = said;
      const word = verdict === 'broken' ? verdict : 'proved';
      return `${word}, ${orders} orders, ${lost} lost, ${duplicated} duplicated`;
    }
    waitingFor = said?.waitingFor ?? waitingFor;
    await sleep(ASK_EVERY_MS, signal);
  }
  return `no verdict yet: waits for ${waitingFor}`;
}

/** Later orders may be on their way still: while the load goes on there are always some. */
function isJudged({ verdict, provedUpTo }: Verdict, beforeMs: number): boolean {
  return verdict === 'broken' || (provedUpTo !== null && Date.parse(provedUpTo) >= beforeMs);
}
