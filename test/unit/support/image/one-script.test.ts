import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

import { runCommand } from '../../../support/command.ts';
import { productEntries } from '../../../support/image/product/bundle.ts';
import { nodeBinary } from '../../../support/image/product/node-runtime.ts';
import { cacheFile, LOADER, ONE_SCRIPT, oneScript } from '../../../support/image/product/one-script.ts';
import { writeTree } from '../../../support/image/write-tree.ts';

const repository = join(import.meta.dirname, '..', '..', '..', '..');

describe('the script of the short programs', function () {
  this.timeout(120_000);
  let top: string;
  let app: string;

  before(async () => {
    top = mkdtempSync(join(tmpdir(), 'one-script-'));
    app = join(top, 'app');
    await writeTree(top, await productEntries(repository));
    symlinkSync(join(repository, 'node_modules'), join(app, 'node_modules'));
    chmodSync(top, 0o755);
  });

  after(() => rmSync(top, { recursive: true }));

  /** What the command line says of its version, and whether V8 took the bytecode. */
  const start = async (command: string, ...before: readonly string[]): Promise<string> => {
    const program = `
      const { runProgram, script } = await import(${JSON.stringify(join(app, 'shared/cli/main.js'))});
      await runProgram(['--version']);
      console.log(script.cachedDataRejected);`;
    const args = [...before, '--input-type=module', '--eval', program];
    return await runCommand(command, args, { env: { NODE_OPTIONS: undefined, NODE_V8_COVERAGE: undefined } });
  };
  const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string };

  it('starts with its bytecode, as any user', async () => {
    expect(await start(nodeBinary())).to.equal(`${version}\nfalse\n`);
    // Only root can become another one.
    if (process.getuid?.() === 0)
      expect(await start('setpriv', '--reuid=65532', '--clear-groups', nodeBinary())).to.equal(`${version}\nfalse\n`);
  });

  it('starts where V8 does not take the bytecode', async () => {
    expect(await start(nodeBinary(), '--no-opt')).to.equal(`${version}\ntrue\n`);
  });

  it('starts without bytecode, as on another processor', async () => {
    const file = join(app, cacheFile(readFileSync(join(app, ONE_SCRIPT), 'latin1')));
    renameSync(file, `${file}.aside`);
    try {
      expect(await start(nodeBinary())).to.equal(`${version}\nundefined\n`);
    } finally {
      renameSync(`${file}.aside`, file);
    }
  });

  it('starts a script that somebody replaced, whatever its length, and never the bytecode of the one before', async () => {
    const file = join(app, ONE_SCRIPT);
    const text = readFileSync(file, 'latin1');
    const known = '"--version"';
    expect(text).to.include(known);
    try {
      for (const other of ['"--Version"', '"--other-version"']) {
        writeFileSync(file, text.replaceAll(known, other));
        expect(await start(nodeBinary())).to.equal('undefined\n');
      }
    } finally {
      writeFileSync(file, text);
    }
  });

  it('gives modules of Node that load late whole, also to who imports them late', async () => {
    const directory = join(top, 'late');
    mkdirSync(join(directory, 'shared/cli'), { recursive: true });
    const text = `
      import * as early from 'node:os';
      export const found = async () => {
        const late = await Promise.all([import('node:fs/promises'), import('node:os'), import('node:dns')]);
        return [typeof early.cpus, ...late.flatMap((one) => [typeof one.default, Object.keys(one).length > 10])];
      };
      export const call = async () => (await import('node:fs/promises')).readFile('/no/such/file', 'utf8').catch(({ code }) => code);`;
    const script = await oneScript(new Map([['shared/late.js', { text, exports: ['found', 'call'] }]]));
    writeFileSync(join(directory, ONE_SCRIPT), script);
    const asks = `const { found, call } = load('shared/late.js');\nconsole.log(JSON.stringify([await found(), await call()]));`;
    writeFileSync(join(directory, 'shared/cli/program.mjs'), `${readFileSync(LOADER, 'utf8')}\n${asks}`);
    const told: unknown = JSON.parse(await runCommand(nodeBinary(), [join(directory, 'shared/cli/program.mjs')]));
    const whole = ['object', true];
    expect(told).to.deep.equal([['function', ...whole, ...whole, ...whole], 'ENOENT']);
  });

  it('gives names of other modules as they are now, and what a package exports by default', async () => {
    const modules = {
      'shared/cli/start.js': `
        import { count, add } from '../chunks/counter.js';
        import parse from 'package';
        import * as whole from 'package';
        export const told = () => { add(); return [count, parse('x'), whole.other]; };`,
      'shared/chunks/counter.js': `export let count = 1;\nexport const add = () => { count += 1; };`,
    };
    const directory = join(top, 'names');
    mkdirSync(join(directory, 'shared/cli'), { recursive: true });
    mkdirSync(join(directory, 'node_modules/package'), { recursive: true });
    const commonJs = `exports.__esModule = true; exports.default = (text) => 'read ' + text; exports.other = 'other';`;
    writeFileSync(join(directory, 'node_modules/package/index.js'), commonJs);
    const script = await oneScript(
      new Map(Object.entries(modules).map(([path, text]) => [path, { text, exports: [] }])),
    );
    writeFileSync(join(directory, ONE_SCRIPT), script);
    const asks = `console.log(JSON.stringify(load('shared/cli/start.js').told()));`;
    writeFileSync(join(directory, 'shared/cli/program.mjs'), `${readFileSync(LOADER, 'utf8')}\n${asks}`);
    const told: unknown = JSON.parse(await runCommand(nodeBinary(), [join(directory, 'shared/cli/program.mjs')]));
    expect(told).to.deep.equal([2, 'read x', 'other']);
  });

  it('has all that the command line can do, with the packages that this takes', async () => {
    const program = join(app, 'shared/cli/tekton-cache.js');
    expect(await runCommand(nodeBinary(), [program, '--help'])).to.include('Usage: tekton-cache');
    expect(await runCommand(nodeBinary(), [program, 'presets', 'npm'])).to.include('npm');
    expect(await runCommand(nodeBinary(), [program, 'resolve', '--help'])).to.include('resolve');
  });

  it('uploads and restores what takes threads', async () => {
    const [from, to, store] = [join(top, 'from'), join(top, 'to'), `oci:${join(top, 'store')}:1`];
    for (const directory of [from, to]) mkdirSync(directory);
    for (const name of ['a', 'b', 'c', 'd']) writeFileSync(join(from, name), randomBytes(15 * 1024 * 1024));
    const run = (verb: string, directory: string): Promise<string> => {
      const args = [verb, '--json', '--target', store, '--workspace', `cache=${directory}`, '--on-error', 'fail'];
      return runCommand(nodeBinary(), [join(app, 'shared/cli/tekton-cache.js'), ...args]);
    };
    expect(JSON.parse(await run('upload', from))).to.include({ uploaded: 'true' });
    expect(JSON.parse(await run('fetch', to))).to.include({ hit: 'true' });
    for (const name of ['a', 'b', 'c', 'd'])
      expect(readFileSync(join(to, name)).equals(readFileSync(join(from, name))), name).to.equal(true);
  });

  it('runs a module when it is asked for first, and once', async () => {
    const modules = {
      'a/one.js': `import { two } from '../b/two.js';\nexport const late = () => import('../b/three.js');\nexport { two };`,
      'b/two.js': `export const two = import.meta.url;`,
      'b/three.js': `import * as fs from 'node:fs';\nimport module from 'node:module';\nexport const three = [fs, module];`,
    };
    const script = await oneScript(
      new Map(Object.entries(modules).map(([path, text]) => [path, { text, exports: [] }])),
    );
    expect(script).to.include('load("b/two.js")').and.to.include('load("b/three.js")');
    // Who imports a module of Node whole gets the module, not a copy of its names.
    expect(script).to.match(/= require\("node:fs"\)/);
    expect(script).to.match(/= __toESM\(require\("node:module"\)/);
  });
});
