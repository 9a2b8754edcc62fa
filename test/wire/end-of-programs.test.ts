import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { startProgram } from '../support/process/program.ts';
import type { Ended } from '../support/process/program.ts';
import { startRegistry } from '../support/registry/registry-process.ts';
import type { RunningRegistry } from '../support/registry/registry-process.ts';

const BY_ITSELF = 'nothing was left to do';
/** Node tells of a process that ends because nothing is left to do, and not of one that is ended. */
const TELLS = `--import=data:text/javascript,${encodeURIComponent(`process.once('beforeExit', () => console.error('${BY_ITSELF}'))`)}`;
const END_PROCESS = new URL('../../shared/end-process.ts', import.meta.url).href;

/** Ending a process while V8 still compiles may wait for ever: https://github.com/nodejs/node/issues/54918. */
describe('a program whose work is done', () => {
  let dir: string;
  let registry: RunningRegistry;

  before(async () => {
    registry = await startRegistry();
    dir = await mkdtemp(join(tmpdir(), 'end-of-programs-'));
  });

  after(async () => {
    await registry.stop();
    await rm(dir, { recursive: true });
  });

  function run(...args: string[]): Promise<Ended> {
    return startProgram('shared/cli/tekton-cache.js', args, { NODE_OPTIONS: TELLS }).ended;
  }

  it('ends because nothing is left to do: a miss, an upload, a fetch, and where they have nothing to do', async () => {
    const [source, back] = [join(dir, 'source'), join(dir, 'back')];
    for (const directory of [source, back]) await mkdir(directory);
    // So much that threads pack and restore it.
    for (let i = 0; i < 5; i++) await writeFile(join(source, `${i}`), Buffer.alloc(2 ** 24, `${i} and so on, `));
    const target = `${registry.host}/end:1`;
    const given = (directory: string): string[] => ['--target', target, '--workspace', `cache=${directory}`];
    for (const [verb, directory] of [
      ['fetch', back],
      ['upload', source],
      ['upload', source],
      ['fetch', back],
      ['fetch', back],
    ] as const) {
      const { code, err } = await run(verb, ...given(directory));
      expect(code, err).to.equal(0);
      expect(err).to.include(BY_ITSELF);
    }
  });

  it('ends with its code, whatever else goes on or fails', () => {
    for (const rest of [
      'setInterval(() => {}, 1000)',
      "setTimeout(() => { throw new Error('late') }, 1)",
      'Promise.reject(1)',
      '',
    ]) {
      const program = `import { endProcess } from '${END_PROCESS}';\nendProcess(3);\n${rest}\n`;
      const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
        encoding: 'utf8',
      });
      expect(status, `${rest}: ${stderr}`).to.equal(3);
    }
  });

  it('writes all of its output, however slowly that is read', async () => {
    const length = 2 ** 21;
    const program = `
      import { endProcess } from '${END_PROCESS}';
      process.stdout.write('x'.repeat(${length}));
      endProcess(3);
      setTimeout(() => console.error('a while later'), 1000).unref();
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = once(child, 'close');
    // Cut off, it ends without a word.
    await Promise.race([once(child.stderr, 'data'), once(child, 'exit')]);
    let read = 0;
    for await (const chunk of child.stdout) read += (chunk as Buffer).length;
    expect(read).to.equal(length);
    expect(await ended).to.deep.equal([3, null]);
  });

  it('ends with its code also where a signal comes then', async () => {
    const program = `import { endProcess } from '${END_PROCESS}';\nendProcess(3);\nprocess.kill(process.pid, 'SIGTERM');\nsetInterval(() => {}, 1000);`;
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
      encoding: 'utf8',
    });
    expect(status, stderr).to.equal(3);
  });
});
