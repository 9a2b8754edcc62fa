import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { environmentOf } from '../../shared/presets/environment.ts';
import { findPreset } from '../../shared/presets/table.ts';
import { runCommandLine } from './round-trip.ts';
import { findTool } from './tools.ts';

const FILES: Readonly<Record<string, string>> = {
  'Cargo.toml': '[package]\nname = "app"\nversion = "1.0.0"\nedition = "2021"\n',
  'Cargo.lock': 'version = 4\n\n[[package]]\nname = "app"\nversion = "1.0.0"\n',
  'text.txt': 'text',
  // Cargo runs it again where the file is newer than what it left.
  'build.rs':
    'fn main() { println!("cargo:rerun-if-changed=text.txt\\ncargo:rustc-env=TEXT={}", std::fs::read_to_string("text.txt").unwrap()); }\n',
};

/** Two runs on one branch, as two pushes make them: the second one has its checkout before the first one has built. */
describe('the build state of another run', () => {
  let directory: string;

  beforeEach(() => {
    directory = fs.mkdtempSync(join(tmpdir(), 'checkouts-'));
  });
  afterEach(() => fs.rmSync(directory, { recursive: true }));

  function checkout(name: string, files: Readonly<Record<string, string>>): void {
    for (const [path, content] of Object.entries({ ...FILES, ...files })) {
      fs.mkdirSync(join(directory, name, path, '..'), { recursive: true });
      fs.writeFileSync(join(directory, name, path), content);
    }
  }

  it('is not taken by Cargo for that of sources that were checked out before it was made', async function () {
    const [preset, cargo] = [findPreset('cargo'), await findTool('cargo')];
    if (preset === undefined || cargo === undefined) {
      this.skip();
      return;
    }
    checkout('first', { 'src/main.rs': 'fn main() { println!("first {}", env!("TEXT")); }\n' });
    checkout('second', {
      'src/main.rs': 'fn main() { println!("second {}", env!("TEXT")); }\n',
      'text.txt': 'other text',
    });
    const places = { root: join(directory, 'caches'), source: join(directory, 'source') };
    const variables = environmentOf([preset], places).map(({ name, value }) => [name, value] as const);
    const build = (): string =>
      execFileSync('sh', ['-c', `"${cargo}" build --quiet --offline && ./target/debug/app`], {
        cwd: places.source,
        env: { ...process.env, ...Object.fromEntries(variables) },
        encoding: 'utf8',
      });

    fs.renameSync(join(directory, 'first'), places.source);
    expect(build()).to.equal('first text\n');
    expect((await runCommandLine('upload', directory, 'cargo')).log).to.include('cache cargo-build: uploaded');

    for (const path of [places.root, places.source]) fs.rmSync(path, { recursive: true });
    fs.renameSync(join(directory, 'second'), places.source);
    fs.mkdirSync(places.root);
    expect((await runCommandLine('fetch', directory, 'cargo')).log).to.include('cache cargo-build: hit (exact)');
    expect(build()).to.equal('second other text\n');
  });
});
