import { spawnSync } from 'node:child_process';
import { judgeAudit } from './audit-report.ts';

// Asks the registry about the packages that programs run with. Exit 1: something was found; 2: nobody could be asked.
const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8' });
const verdict = judgeAudit(stdout);
switch (verdict.kind) {
  case 'clean':
    process.stdout.write(`audit: nothing is known against ${verdict.packages} packages\n`);
    break;
  case 'vulnerable':
    process.stderr.write(`audit: ${verdict.findings.join('\naudit: ')}\n`);
    process.exitCode = 1;
    break;
  case 'unknown':
    process.stderr.write(
      `audit: NOT DONE, the registry that npm is set to gave no answer about vulnerabilities (${verdict.reason})\n`,
    );
    process.exitCode = 2;
    break;
  default:
    verdict satisfies never;
}
