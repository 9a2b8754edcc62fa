/**
 * Build tools that compare times, over trees that were restored where they had been: they find that there is nothing to do. A tool that is not
 * there is skipped by its name.
 */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { expect } from 'chai';
import { runCommand } from '../support/command.ts';
import { uploadTo } from '../support/entry/entry-at.ts';
import { fetchEntry } from '../../shared/entry/fetch/fetch-entry.ts';
import { openStore } from '../../shared/store/open-store.ts';

const UNITS = 12;

interface BuildTool {
  readonly program: string;
  /** Content by path. */
  readonly files: Readonly<Record<string, string>>;
  readonly build: readonly string[];
  /** Below the project's directory. */
  readonly environment?: (dir: string) => Readonly<Record<string, string>>;
  /** What it made or called stale, from what it said or what has changed. */
  readonly commands: (said: string) => number;
}

const numbers = Array.from({ length: UNITS }, (_, n) => n);
const count = (pattern: RegExp) => (said: string) => said.match(pattern)?.length ?? 0;

const TOOLS: readonly BuildTool[] = [
  {
    program: 'make',
    files: {
      Makefile: `all: ${numbers.map((n) => `out/${n}`).join(' ')}\nout/%: in/%\n\tcp $< $@; echo BUILT $@\n`,
      ...Object.fromEntries(numbers.map((n) => [`in/${n}`, `${n}`])),
      'out/.keep': '',
    },
    build: ['make', '--silent'],
    commands: count(/^BUILT/gm),
  },
  {
    program: 'ninja',
    files: {
      'build.ninja': [
        'rule copy\n  command = cp $in $out && echo $out: $in > $out.d\n  depfile = $out.d\n  deps = gcc',
        ...numbers.map((n) => `build out/${n}: copy in/${n}`),
        `rule join\n  command = cat $in > $out\nbuild all.txt: join ${numbers.map((n) => `out/${n}`).join(' ')}\n`,
      ].join('\n'),
      ...Object.fromEntries(numbers.map((n) => [`in/${n}`, `${n}`])),
      'out/.keep': '',
    },
    build: ['ninja', '-v', '-d', 'explain'],
    commands: count(/^\[\d+\/\d+\]/gm),
  },
  {
    program: 'go',
    files: {
      'go.mod': 'module example.com/m\n\ngo 1.20\n',
      'main.go': 'package main\n\nimport "example.com/m/lib"\n\nfunc main() { println(lib.N) }\n',
      'lib/lib.go': 'package lib\n\nconst N = 1\n',
    },
    build: ['go', 'build', '-x', '-o', 'out/m', '.'],
    environment: (dir) => ({
      GOCACHE: join(dir, 'cache'),
      GOTOOLCHAIN: 'local',
      GOFLAGS: '-mod=mod',
      CGO_ENABLED: '0',
    }),
    commands: count(/\/(compile|link|asm) /g),
  },
  {
    program: 'cargo',
    files: {
      'Cargo.toml':
        '[package]\nname = "m"\nversion = "0.1.0"\nedition = "2021"\n\n[dependencies]\nlib = { path = "lib" }\n',
      'src/main.rs': 'fn main() { println!("{}", lib::n()); }\n',
      'lib/Cargo.toml': '[package]\nname = "lib"\nversion = "0.1.0"\nedition = "2021"\n',
      'lib/src/lib.rs': 'pub fn n() -> u32 { 1 }\n',
    },
    build: ['cargo', 'build', '--offline', '--verbose'],
    commands: count(/^\s*(Compiling|Dirty|Running) /gm),
  },
  {
    program: 'python3',
    files: Object.fromEntries(numbers.map((n) => [`m${n}.py`, `N = ${n}\n`])),
    build: ['python3', '-m', 'compileall', '.'],
    commands: count(/^Compiling/gm),
  },
];

const isThere = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((directory) => fs.existsSync(join(directory, program)));

/** Times as a build leaves them, of every fraction of a second, sources first. */
function ageSources(dir: string, files: readonly string[]): void {
  for (const [n, path] of files.entries()) {
    // Some just before a second: what rounds them makes them one of the next.
    const time = 1_700_000_505 + n - (n % 3 === 0 ? 2e-7 : Math.random());
    fs.utimesSync(join(dir, path), time, time);
  }
}

describe('a build after a restore into a new directory of the same path', function () {
  this.timeout(300_000);
  let base: string;
  beforeEach(() => {
    base = fs.mkdtempSync(join(tmpdir(), 'build-'));
  });
  afterEach(() => fs.rmSync(base, { recursive: true, force: true }));

  for (const { program, files, build, environment, commands } of TOOLS) {
    it(`does nothing: ${build.join(' ')}`, async function () {
      if (!isThere(program)) {
        this.skip();
      }
      const dir = join(base, 'project');
      for (const [path, content] of Object.entries(files)) {
        fs.mkdirSync(dirname(join(dir, path)), { recursive: true });
        fs.writeFileSync(join(dir, path), content);
      }
      ageSources(dir, Object.keys(files));
      const run = async (): Promise<number> => {
        const all = ['-c', 'exec "$@" 2>&1', 'sh', ...build];
        return commands(await runCommand('sh', all, { cwd: dir, timeout: 200_000, env: { ...environment?.(dir) } }));
      };
      expect(await run(), 'the first time').to.be.greaterThan(0);
      expect(await run(), 'again').to.equal(0);
      const target = `oci:${join(base, 'store')}:v1`;
      await uploadTo(target, dir);
      fs.renameSync(dir, join(base, 'away'));
      const { store, reference } = openStore(target);
      await fetchEntry({ store, reference, dir, paths: [], exclude: [], clean: true });
      expect(await run(), 'after a restore').to.equal(0);
    });
  }
});
