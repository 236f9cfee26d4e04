import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { toolPath } from '../helm.ts';
import { CASES_FOLDER, namesIn, RULES_FOLDER } from './rule-files.ts';

const promtoolPath = toolPath('promtool', 'PROMTOOL') ?? 'promtool';

/** What promtool prints when it finds fault, else nothing. */
function faultsOf(...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(promtoolPath, args, { encoding: 'utf8' });
  if (error !== undefined) throw new Error(`${promtoolPath} cannot be run: make alerts-test gets it`, { cause: error });
  return status === 0 ? '' : stdout + stderr;
}

test.each(namesIn(RULES_FOLDER, '.yaml'))('%s is what Prometheus reads', (name) => {
  expect(faultsOf('check', 'rules', join(RULES_FOLDER, `${name}.yaml`))).toBe('');
});

test.each(namesIn(CASES_FOLDER, '.yaml'))('%s fires when it should, and only then', (name) => {
  expect(faultsOf('test', 'rules', join(CASES_FOLDER, `${name}.yaml`))).toBe('');
});
