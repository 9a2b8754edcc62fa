import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

import { makeDirectories } from '../../shared/make-directories.ts';

const PROGRAM = fileURLToPath(new URL('../../shared/cli/tekton-cache.js', import.meta.url));
/** A deadline for what would go on for ever. */
const DEADLINE_MS = 60_000;

describe('directories that are made', () => {
  let place: string;
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'make-'));
  });
  afterEach(() => rmSync(place, { recursive: true }));

  it('come with those above them, of which the topmost is told', () => {
    expect(makeDirectories(join(place, 'a/b/c'))).to.equal(join(place, 'a'));
    expect(makeDirectories(join(place, 'a/b/d'), 0o700)).to.equal(join(place, 'a/b/d'));
    expect(statSync(join(place, 'a/b/d')).mode & 0o777).to.equal(0o700);
    expect(makeDirectories(join(place, 'a/b'))).to.equal(undefined);
    symlinkSync('a', join(place, 'link'));
    expect(makeDirectories(join(place, 'link/b/e'))).to.equal(join(place, 'link/b/e'));
  });

  it('are refused where something else is in their place or above', () => {
    writeFileSync(join(place, 'file'), '');
    symlinkSync('nowhere', join(place, 'link'));
    for (const path of ['file', 'link']) expect(() => makeDirectories(join(place, path)), path).to.throw('EEXIST');
    expect(() => makeDirectories(join(place, 'file/below'))).to.throw('ENOTDIR');
    expect(() => makeDirectories(join(place, 'link/below'))).to.throw('EEXIST');
  });

  it('end the command with a reason where the kernel has none to make, as in /proc', function () {
    this.timeout(6 * DEADLINE_MS);
    const source = join(place, 'source');
    mkdirSync(source);
    writeFileSync(join(source, 'package-lock.json'), '{}');
    const layout = `oci:${join(place, 'layout')}`;
    const run = (...args: readonly string[]): string => {
      const env = { ...process.env, HOME: place };
      const { stderr, stdout, signal } = spawnSync(process.execPath, [PROGRAM, ...args], {
        env,
        encoding: 'utf8',
        timeout: DEADLINE_MS,
      });
      expect(signal, `${args.join(' ')}: ${stderr}`).to.equal(null);
      return stdout + stderr;
    };
    run('upload', '--target', `${layout}:v1`, '--workspace', `w=${source}`);
    const absent = '/proc/nobody-makes-this/below';
    expect(existsSync(absent)).to.equal(false);
    const preset = ['--preset', 'npm', '--workspace', `source=${source}`];
    for (const [reason, args] of [
      ['unwritable', ['fetch', '--target', `${layout}:v1`, '--workspace', `w=${absent}`]],
      ['unwritable', ['fetch', '--target', layout, ...preset, '--workspace', `w=${absent}`]],
      ['unreachable', ['upload', '--target', `oci:${absent}:v1`, '--workspace', `w=${source}`]],
    ] as const) {
      expect(run(...args), args.join(' ')).to.contain(`(${reason})`);
    }
  });
});
