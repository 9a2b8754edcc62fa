import { spawn } from 'node:child_process';

import { expect } from 'chai';

interface Ended {
  readonly code: number | null;
  readonly log: readonly Record<string, unknown>[];
}

/** A program with the handlers, a timer that keeps it alive, and these lines. `signal` is sent when it writes `ready`. */
async function run(lines: string, signal?: NodeJS.Signals): Promise<Ended> {
  const text = `
    import { createLog } from './shared/log.ts';
    import { endOnBug, endOnSignal } from './controller/program-end.ts';
    const log = createLog();
    endOnBug(log);
    setInterval(() => {}, 1000);
    ${lines}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', text], {
    cwd: new URL('../../../', import.meta.url),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (err += chunk));
  if (signal !== undefined) child.stdout.once('data', () => child.kill(signal));
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.on('error', reject).on('close', resolve);
  const code = await promise;
  const json = err.split('\n').filter((line) => line.startsWith('{'));
  return { code, log: json.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('the end of a program', () => {
  for (const [bug, lines] of [
    ['an exception', "setTimeout(() => { throw new Error('the plan has no end'); }, 0);"],
    ['a promise', "void Promise.reject(new Error('the plan has no end'));"],
    [
      'a stop that fails',
      "endOnSignal(log, async () => { throw new Error('the plan has no end'); }); process.emit('SIGTERM');",
    ],
  ] as const) {
    it(`comes with code 1 and the stack by ${bug} that nobody caught`, async () => {
      const { code, log } = await run(lines);
      expect(code).to.equal(1);
      expect(log.at(-1)).to.include({ level: 'error', message: 'a bug ends the process' });
      expect(log.at(-1)?.['error']).to.match(/^Error: the plan has no end\n +at /);
    });
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`is for the program's own stop to bring at ${signal}`, async () => {
      const lines = "endOnSignal(log, async () => process.exit(7)); process.stdout.write('ready');";
      const { code, log } = await run(lines, signal);
      expect(code).to.equal(7);
      expect(log.at(-1)).to.include({ level: 'info', message: 'stopping', signal });
    });
  }
});
