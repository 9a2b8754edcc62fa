/** Trees of few names, so that two of them meet in every way: files with one name or several, links, directories, each in the place of the other. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';

interface RandomTree {
  /** Steps in order; one that cannot be done in the tree so far is left out. */
  readonly steps: readonly Step[];
}

interface Step {
  readonly path: readonly string[];
  readonly kind: 'file' | 'directory' | 'symlink' | 'hardlink';
  /** The file that gets another name, or what a symbolic link says. */
  readonly other: readonly string[];
  readonly content: string;
  readonly mode: number;
  /** Seconds. */
  readonly mtime: number;
}

const PATH = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 2 });

const STEPS = fc.array(
  fc.record<Step>({
    path: PATH,
    kind: fc.constantFrom('file', 'file', 'file', 'directory', 'symlink', 'hardlink', 'hardlink'),
    other: PATH,
    content: fc.constantFrom('one', 'one', 'two'),
    mode: fc.constantFrom(0o644, 0o644, 0o644, 0o755),
    mtime: fc.constantFrom(1e9, 1e9, 1e9, 1.1e9),
  }),
  { maxLength: 12 },
);

/** What becomes of a step of the tree in another one. */
const TWIST = fc.constantFrom<(step: Step, first: Step) => readonly Step[]>(
  (step) => [step],
  (step) => [step],
  () => [],
  (step) => [{ ...step, kind: 'file' }],
  (step, { path }) => [{ ...step, kind: 'hardlink', other: path }],
);

/** A tree, and others that are much like it: what differs a little is what a restore has to look at. */
export const RANDOM_TREES = fc
  .tuple(STEPS, fc.array(fc.tuple(STEPS, fc.nat(4), fc.infiniteStream(TWIST)), { minLength: 2, maxLength: 2 }))
  .map(([wanted, others]): [RandomTree, ...RandomTree[]] => [
    { steps: wanted },
    ...others.map(([own, first, twists]) => {
      const twisted = wanted.flatMap((step) => twists.next().value(step, wanted[0] ?? step));
      return { steps: [...own.slice(0, first), ...twisted, ...own.slice(first)] };
    }),
  ]);

export function makeTree(root: string, { steps }: RandomTree): void {
  fs.mkdirSync(root, { recursive: true });
  for (const step of steps) makeStep(root, step);
  // What was made in a directory later has changed its time.
  for (const { path, mtime } of steps) {
    const at = join(root, ...path);
    if (isPlain(root, path) && fs.lstatSync(at, { throwIfNoEntry: false }) !== undefined)
      fs.lutimesSync(at, mtime, mtime);
  }
}

function makeStep(root: string, { path, kind, other, content, mode }: Step): void {
  const at = join(root, ...path);
  if (!isPlain(root, path) || fs.lstatSync(at, { throwIfNoEntry: false }) !== undefined) return;
  fs.mkdirSync(join(at, '..'), { recursive: true });
  const source = join(root, ...other);
  if (kind === 'directory') fs.mkdirSync(at);
  else if (kind === 'symlink') fs.symlinkSync(other.join('/'), at);
  else if (kind === 'hardlink' && isPlain(root, other) && isFile(source)) fs.linkSync(source, at);
  else {
    fs.writeFileSync(at, content);
    fs.chmodSync(at, mode);
  }
}

/** Is everything above the path a directory, or not there? */
function isPlain(root: string, path: readonly string[]): boolean {
  return path.slice(0, -1).every((_, n) => {
    const stats = fs.lstatSync(join(root, ...path.slice(0, n + 1)), { throwIfNoEntry: false });
    return stats === undefined || stats.isDirectory();
  });
}

function isFile(path: string): boolean {
  return fs.lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** A tar of the tree by GNU tar, before it the whiteouts of what is in `below` and not in the tree. */
export function tarOf(root: string, below?: string): Buffer {
  const names = ['-C', root, '.'];
  if (below !== undefined) {
    const gone = `${root}.gone`;
    fs.mkdirSync(gone);
    for (const path of topmostGone(below, root)) {
      const slash = path.lastIndexOf('/') + 1;
      fs.mkdirSync(join(gone, path.slice(0, slash)), { recursive: true });
      fs.writeFileSync(join(gone, path.slice(0, slash), `.wh.${path.slice(slash)}`), '');
    }
    names.unshift('-C', gone, ...whiteoutsOf(gone));
  }
  const { stdout, status, stderr } = spawnSync(
    'tar',
    ['--format=posix', '--no-recursion', '-c', ...names.slice(0, -3), '--recursion', ...names.slice(-3)],
    {
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  if (status !== 0) throw new Error(stderr.toString());
  return stdout;
}

function whiteoutsOf(gone: string): string[] {
  return fs
    .readdirSync(gone, { recursive: true, encoding: 'utf8' })
    .filter((path) => fs.lstatSync(join(gone, path)).isFile());
}

/** Paths of one tree that the other has not, without those below another such path. */
function topmostGone(before: string, after: string): string[] {
  const gone: string[] = [];
  const visit = (path: string): void => {
    for (const name of fs.readdirSync(join(before, path))) {
      const inside = path === '' ? name : `${path}/${name}`;
      const is = statOf(after, inside);
      if (is === undefined) gone.push(inside);
      else if (is.isDirectory() && statOf(before, inside)?.isDirectory() === true) visit(inside);
    }
  };
  visit('');
  return gone;
}

function statOf(root: string, path: string): fs.Stats | undefined {
  try {
    return fs.lstatSync(join(root, path), { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
