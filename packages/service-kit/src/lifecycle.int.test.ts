import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';

const IMPORTS = ['config', 'lifecycle', 'logger']
  .map((name) => `import * as ${name} from ${JSON.stringify(new URL(`${name}.ts`, import.meta.url).href)};`)
  .join('\n');

/** A process whose main function has this body. */
function startProcess(body: string) {
  const code = `${IMPORTS}\nawait lifecycle.runProcess(async () => { ${body} });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return {
    child,
    ended: output.then(([stdout, stderr, [exitCode, signal]]) => ({
      stdout,
      stderr,
      exitCode: exitCode as unknown,
      signal: signal as unknown,
    })),
  };
}

describe('a process', () => {
  test('ends with 0 when its main function returns', async () => {
    const { ended } = startProcess('process.stdout.write("done");');
    expect(await ended).toEqual({ stdout: 'done', stderr: '', exitCode: 0, signal: null });
  });

  test('keeps the exit code that its main function chose', async () => {
    const { ended } = startProcess('process.exitCode = 99;');
    expect(await ended).toMatchObject({ exitCode: 99, stderr: '' });
  });

  test('with a bad configuration ends with 2 and says so in one line', async () => {
    const { ended } = startProcess(`
      await using app = new lifecycle.Lifecycle(logger.silentLogger(), { deadlineMs: 50 });
      throw new config.ConfigError([{ key: 'A', reason: 'is required' }, { key: 'B', reason: 'is bad' }]);`);
    expect(await ended).toEqual({
      stdout: '',
      stderr: 'invalid configuration: A is required; B is bad\n',
      exitCode: 2,
      signal: null,
    });
  });

  test('whose main function throws ends with 1 and the error, its cause and where it came from', async () => {
    const { ended } = startProcess(`throw new Error('no way', { cause: new Error('port taken') });`);
    const { exitCode, stderr } = await ended;
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^Error: no way\n {4}at /);
    expect(stderr).toContain('port taken');
  });

  test('ends with 1 although something still holds it open', async () => {
    const { ended } = startProcess(`setInterval(() => undefined, 1000); throw new Error('no way');`);
    expect(await ended).toMatchObject({ exitCode: 1 });
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 when %s stops it', async (signal) => {
    const { child, ended } = startProcess(`
      await using app = new lifecycle.Lifecycle(logger.silentLogger(), { deadlineMs: 5000 });
      let timer;
      app.use({
        name: 'server',
        start: () => { timer = setInterval(() => undefined, 1000); },
        stop: () => { clearInterval(timer); process.stdout.write('stopped'); },
      });
      app.use({ name: 'announcement', start: () => { process.stderr.write('ready'); } });
      await app.run();`);
    await once(child.stderr, 'data');
    child.kill(signal);
    expect(await ended).toEqual({ stdout: 'stopped', stderr: 'ready', exitCode: 0, signal: null });
  });

  test('ends with 1 and names what did not stop, also when nothing else is left to wait for', async () => {
    const { ended } = startProcess(`
      await using app = new lifecycle.Lifecycle(logger.silentLogger(), { deadlineMs: 50, giveUpMs: 50 });
      app.use({ name: 'stuck', start: () => app.fail(new Error('broken')), stop: () => new Promise(() => undefined) });
      await app.start();
      await app.stop();`);
    const { exitCode, stderr } = await ended;
    expect(exitCode).toBe(1);
    expect(stderr).toContain('stuck did not stop within the deadline');
  });
});
