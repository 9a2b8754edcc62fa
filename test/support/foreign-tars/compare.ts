import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { CacheError } from '../../../shared/errors.ts';
import { newFetchBench } from '../entry/fetch-bench.ts';
import { plain, putImage } from '../entry/put-image.ts';
import { treePicture } from '../tree/tree-picture.ts';

/** Of 512 bytes. */
const MAX_FILE_BLOCKS = 200_000;

/** `same`: as GNU tar or bsdtar read it; `refused`: with a sentence; `wrong`: another tree than both. */
export type Outcome = 'same' | 'refused' | 'wrong';

interface Compared {
  readonly outcome: Outcome;
  /** The sentence of a refusal; how a wrong tree differs. */
  readonly why: string;
}

/** Reads a tar as the layer of an image, and by two other programs. */
export async function compareReaders(tar: Buffer): Promise<Compared> {
  const bench = newFetchBench();
  try {
    await putImage(bench.store, 'v1', [plain(tar)]);
    try {
      await bench.fetch({ limits: { maxBytes: 1e9 } });
    } catch (error) {
      if (!(error instanceof CacheError)) throw error;
      if (error.code === 'TooLarge') return { outcome: 'refused', why: error.message };
      if (error.code !== 'InvalidImage') throw error;
      const [one, other] = readByOthers(tar, bench.base);
      const agree = one?.isRead === true && other?.isRead === true && one.tree.join() === other.tree.join();
      return { outcome: 'refused', why: `${error.message}${agree ? ' GNU tar and bsdtar read it, and agree.' : ''}` };
    }
    const ours = contentsOf(bench.target);
    const others = readByOthers(tar, bench.base);
    if (others.some(({ tree }) => tree.join() === ours.join())) return { outcome: 'same', why: '' };
    const differences = others.map(({ program, tree }) => `\n  ${program}:\n${differenceOf(ours, tree)}`);
    return { outcome: 'wrong', why: differences.join('') };
  } finally {
    bench.remove();
  }
}

interface ReadByOther {
  readonly program: string;
  /** It found nothing to say about the tar. */
  readonly isRead: boolean;
  readonly tree: readonly string[];
}

function readByOthers(tar: Buffer, base: string): ReadByOther[] {
  return ['tar', 'bsdtar'].map((program) => {
    const into = fs.mkdtempSync(join(base, `${program}-`));
    // Some say that they are larger than any disk.
    const limited = `ulimit -f ${MAX_FILE_BLOCKS}; exec ${program} -x -f - -C "$1"`;
    const { status } = spawnSync('/bin/sh', ['-c', limited, 'sh', into], { input: tar });
    try {
      return { program, isRead: status === 0, tree: contentsOf(into) };
    } catch {
      // A tree too deep to look into, or a file too large.
      return { program, isRead: false, tree: [] };
    }
  });
}

/** Type and content of each path: what the headers say of modes and times is not what these programs set. */
function contentsOf(directory: string): string[] {
  return treePicture(directory)
    .map((line) => line.replace(/ (file|directory) \d+ -?\d+/, ' $1').replace(/ link -?\d+/, ' link'))
    .filter((line) => !line.includes(' special '));
}

function differenceOf(ours: readonly string[], theirs: readonly string[]): string {
  const mine = ours.filter((line) => !theirs.includes(line)).map((line) => `  + ${line}`);
  return [...mine, ...theirs.filter((line) => !ours.includes(line)).map((line) => `  - ${line}`)].join('\n');
}
