/** Changes a directory at random, but the same way for the same seed: what builds do to caches, and what only tests do. */
import * as fs from 'node:fs';
import { join } from 'node:path';

export type Random = (below: number) => number;

/** A linear congruential generator: good enough to pick files. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const NAMES = ['a', 'b', 'c', 'a.b', 'a-b', 'node_modules', '.bin', 'with space', 'é', 'new\nline', 'n'.repeat(120)];

/** Makes `count` random changes, each of any kind. */
export function changeTree(root: string, random: Random, count: number): void {
  for (let i = 0; i < count; i++) change(root, random);
}

function change(root: string, random: Random): void {
  const path = pick(root, random);
  const stat = fs.lstatSync(path, { throwIfNoEntry: false });
  switch (random(stat === undefined ? 5 : 10)) {
    case 0:
      return makeDirectory(path);
    case 1:
      clear(path);
      return fs.symlinkSync(random(2) === 0 ? '../nowhere' : 'a', path);
    case 2:
      return makeLink(root, path, random);
    case 3:
    case 4:
    case 5:
      clear(path);
      return fs.writeFileSync(path, content(random), { mode: [0o644, 0o755, 0o4755, 0o600][random(4)] });
    case 6:
      return clear(path);
    case 7:
      if (stat?.isFile() === true) fs.appendFileSync(path, 'more');
      return;
    case 8:
      if (stat?.isSymbolicLink() === false) fs.chmodSync(path, stat.isDirectory() ? 0o750 : 0o640);
      return;
    default:
      return rename(path, pick(root, random));
  }
}

/** A path that is there or not, in a directory that is. */
function pick(root: string, random: Random): string {
  let path = root;
  for (let depth = random(4); depth >= 0; depth--) {
    const next = join(path, NAMES[random(NAMES.length)] ?? 'a');
    if (depth === 0 || fs.lstatSync(next, { throwIfNoEntry: false })?.isDirectory() !== true) return next;
    path = next;
  }
  return path;
}

function makeDirectory(path: string): void {
  if (fs.lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  clear(path);
  fs.mkdirSync(path);
}

function makeLink(root: string, path: string, random: Random): void {
  const other = pick(root, random);
  if (other === path || fs.lstatSync(other, { throwIfNoEntry: false })?.isFile() !== true) return;
  if (other.startsWith(`${path}/`)) return;
  clear(path);
  fs.linkSync(other, path);
}

function rename(from: string, to: string): void {
  if (from === to || to.startsWith(`${from}/`) || from.startsWith(`${to}/`)) return;
  clear(to);
  fs.renameSync(from, to);
}

function clear(path: string): void {
  fs.rmSync(path, { recursive: true, force: true });
}

function content(random: Random): Buffer {
  const size = [0, 1, 500, 4096, 70_000][random(5)] ?? 0;
  return Buffer.alloc(size, `${random(1000)} `);
}
