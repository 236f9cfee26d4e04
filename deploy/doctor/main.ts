import { resolve } from 'node:path';
import { runMain } from '../run-main.ts';
import { diagnose, renderFindings } from './diagnose.ts';
import { probeMachine } from './probe.ts';

await runMain('doctor', async () => {
  const bin = resolve(import.meta.dirname, '..', '..', 'bin');
  const findings = diagnose(await probeMachine({ bin, env: process.env }));
  process.stdout.write(`${renderFindings(findings)}\n`);
  return Number(findings.some(({ status }) => status === 'missing'));
});
