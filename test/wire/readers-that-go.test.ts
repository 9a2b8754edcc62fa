import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { startProgram } from '../support/process/program.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const KILLED_AFTER_MS = 60_000;

describe('a program whose output nobody takes', () => {
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'readers-'));
    mkdirSync(join(dir, 'modules'));
    writeFileSync(join(dir, 'modules/tool'), 'a tool');
    mkdirSync(join(dir, 'back'));
  });
  after(() => rmSync(dir, { recursive: true }));

  const cache = (of: string): string[] => ['--target', `oci:${dir}/layout:x`, '--workspace', `w=${join(dir, of)}`];

  /** With both ends of the streams gone before the program writes a line. */
  async function runUnheard(...args: readonly string[]): Promise<number | NodeJS.Signals | null> {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: { ...process.env, HOME: dir },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: KILLED_AFTER_MS,
      killSignal: 'SIGKILL',
    });
    child.stdout.destroy();
    child.stderr.destroy();
    const [code, signal]: (number | NodeJS.Signals | null)[] = await once(child, 'exit');
    return code ?? signal ?? null;
  }

  it('does its work to the end: uploads, and fetches', async () => {
    const program = 'shared/cli/tekton-cache.js';
    expect(await runUnheard(program, 'upload', ...cache('modules'), '--json'), 'upload').to.equal(0);
    expect(await runUnheard(program, 'fetch', ...cache('back'), '--json'), 'fetch').to.equal(0);
    expect(readFileSync(join(dir, 'back/tool'), 'utf8')).to.equal('a tool');
  });

  it('ends as it would otherwise, also with an error to tell', async () => {
    expect(await runUnheard('shared/cli/tekton-cache.js', 'fetch', '--no-such-option')).to.equal(2);
  });

  it('logs on, as the controller does', async () => {
    const log = `
      import { createLog } from './shared/log.ts';
      const log = createLog();
      for (let line = 0; line < 3; line++) {
        log.info('a line');
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      process.exit(7);`;
    expect(await runUnheard('--input-type=module-typescript', '--eval', log)).to.equal(7);
  });

  it('fails where results do not come into their file', async () => {
    const full = openSync('/dev/full', 'w');
    const args = ['presets'];
    try {
      const child = spawn(process.execPath, [join(ROOT, 'shared/cli/tekton-cache.js'), ...args], {
        stdio: ['ignore', full, 'pipe'],
      });
      let said = '';
      child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
      const [code]: (number | null)[] = await once(child, 'close');
      expect(code, said).to.equal(1);
      expect(said).to.match(/^tekton-cache: the output could not be written: .*no space left/);
    } finally {
      closeSync(full);
    }
    expect((await startProgram('shared/cli/tekton-cache.js', args).ended).code).to.equal(0);
  });

  it('says so in a sentence where a result of a step cannot be written', async () => {
    const results = join(dir, 'results');
    mkdirSync(join(results, 'hit'), { recursive: true });
    const fetch = ['fetch', ...cache('back'), '--results-dir', results];
    const { code, err } = await startProgram('shared/cli/tekton-cache.js', fetch, { HOME: dir }).ended;
    expect(code, err).to.equal(1);
    expect(err).to.match(/^tekton-cache: The result \S+\/results\/hit cannot be written: EISDIR.*\n$/);
  });
});
