import { readdirSync, readFileSync } from 'node:fs';
import type { OtlpReceiver } from '../test/traces/otlp-receiver.ts';
import type { SecuredPlatform } from './secured-platform.ts';

/** Something that anybody could look at, and where it was. */
export interface Told {
  readonly where: string;
  readonly text: string;
  /** Whether it was told to somebody who may know all of it but secrets. */
  readonly isAnswerToOwner?: boolean;
}

export async function textOf(url: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const response = await fetch(url, { headers });
  return response.text();
}

/** Everything that a running platform tells by itself: logs, metrics, probes, spans, processes, the verdict. */
export async function everythingTold(platform: SecuredPlatform, receiver: OtlpReceiver): Promise<readonly Told[]> {
  const told: Told[] = [
    ...processesOf(platform.kafka.pid),
    { where: "the broker's log", text: readFileSync(platform.kafka.logFile, 'utf8') },
    { where: 'the verdict', text: await textOf(`${platform.services.auditor.url}/verdict`) },
    ...receiver.bodies.map((text) => ({ where: 'a span', text })),
  ];
  for (const { name, adminUrl, logFile, pid } of Object.values(platform.services)) {
    told.push({ where: `the log of ${name}`, text: readFileSync(logFile, 'utf8') }, ...processesOf(pid));
    for (const accept of ['text/plain', 'application/openmetrics-text']) {
      told.push({ where: `the metrics of ${name}`, text: await textOf(`${adminUrl}/metrics`, { accept }) });
    }
    for (const probe of ['readyz', 'healthz']) {
      told.push({ where: `${probe} of ${name}`, text: await textOf(`${adminUrl}/${probe}`) });
    }
  }
  return told;
}

/** The command line and the environment of a process, and of those that it started. */
function processesOf(pid: number): readonly Told[] {
  const of = (file: string): Told => ({
    where: `${file} of process ${pid}`,
    text: readFileSync(`/proc/${pid}/${file}`, 'utf8'),
  });
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return [of('cmdline'), of('environ'), ...children.flatMap(processesOf)];
}
