import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { main } from '../../../shared/cli/main.ts';

describe('places that are not there', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'cli-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const fetch = async (...args: string[]): Promise<{ code: number; err: string }> => {
    let err = '';
    const log = (text: string): void => void (err += `${text}\n`);
    const all = ['fetch', '--target', 'r.example/a:b', '--workspace', `c=${dir}`, ...args];
    return { code: await main(all, { environment: { HOME: dir }, print: () => undefined, log }), err };
  };

  it('are refused with a sentence', async () => {
    const results = await fetch('--results-dir', join(dir, 'nope'));
    expect(results.code).to.equal(2);
    expect(results.err).to.match(
      /^tekton-cache fetch: --results-dir: there is no directory .*nope". Make it first\.\n$/,
    );
    const config = await fetch('--docker-config', join(dir, 'nope'));
    expect(config.code).to.equal(2);
    expect(config.err).to.match(/`docker-config`: there is no .*nope"; give the directory with the config\.json/);
  });

  for (const [what, name] of [
    ['a link in a circle', 'circle'],
    ['a name that is too long', 'x'.repeat(300)],
    ['below a file', 'circle/file/x'],
  ] as const) {
    it(`are refused with a sentence where one is ${what}`, async () => {
      symlinkSync('circle', join(dir, 'circle'));
      const path = join(dir, name);
      for (const args of [
        ['--results-dir', path],
        ['--source', path],
        ['--docker-config', path],
      ]) {
        const { code, err } = await fetch(...args);
        expect(code, err).to.equal(2);
        expect(err)
          .to.match(/^tekton-cache fetch: /)
          .and.to.not.include('    at ');
      }
    });
  }

  it('are refused in a step where no other step would see them: what Tekton did not replace, and what is relative', async () => {
    const inStep = ['--results-dir', dir];
    for (const path of ['$(workspaces.cahce.path)', '$(workspaces.cahce.path)/mod', 'node_modules', './x']) {
      const why = path.startsWith('$') ? 'Tekton did not replace' : 'is relative';
      for (const args of [
        ['--workspace', `d=${path}`],
        ['--cache', JSON.stringify({ name: 'd', dir: path, target: 'r.example/d:b' })],
        ['--source', path],
      ]) {
        const { code, err } = await fetch(...inStep, ...args);
        expect(code, err).to.equal(2);
        expect(err).to.include(path).and.to.include(why);
        expect(readFileSync(join(dir, 'reason'), 'utf8')).to.equal('invalid-params');
      }
    }
  });

  it('may be relative on the command line', async () => {
    const { code, err } = await fetch('--workspace', 'd=nope', '--mode', 'off');
    expect(code, err).to.equal(0);
  });

  it('are not those that a step names by a result that is not there yet', async () => {
    const { err } = await fetch('--results-dir', `${dir}/reason/..`, '--nonsense');
    expect(err).to.not.include('there is no directory');
    expect(readFileSync(join(dir, 'reason'), 'utf8')).to.equal('invalid-params');
  });
});
