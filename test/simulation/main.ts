import { parseArgs } from 'node:util';
import { describeFailure, runSchedulesInThreads } from './run-schedules.ts';
import { MUTANTS } from './mutants.ts';
import { runWorld } from './world.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    schedules: { type: 'string', default: '20000' },
    from: { type: 'string', default: '0' },
    mutant: { type: 'string' },
  },
});

const mutant = MUTANTS.find(({ name }) => name === values.mutant);
const say = (text: string): boolean => process.stdout.write(`${text}\n`);

if (values.seed === undefined) {
  const report = await runSchedulesInThreads({
    firstSeed: Number(values.from),
    count: Number(values.schedules),
    mutant: values.mutant,
    stopsAtFailure: false,
  });
  for (const failure of report.failures) say(describeFailure(failure));
  say(`${report.schedules} schedules, ${report.steps} steps, ${JSON.stringify(report.hardships)}`);
  if (report.failures.length > 0) process.exitCode = 1;
} else {
  const report = await runWorld(Number(values.seed), { isTraced: true, ...(mutant === undefined ? {} : { mutant }) });
  for (const line of report.trace) say(line);
  say(report.violations.length === 0 ? 'nothing is broken' : describeFailure(report));
  if (report.violations.length > 0) process.exitCode = 1;
}
