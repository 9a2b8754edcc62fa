/**
 * Reads tars of the tests of other implementations by us, by GNU tar and by bsdtar, and counts by group.
 *
 *   node test/support/foreign-tars/main.ts DIRECTORY...
 *
 * Each directory is a group, such as `archive/tar/testdata` of Go, `Lib/test/archivetestdata` of CPython, the fixtures of node-tar,
 * `tests/archives` of tar-rs, or the files of libarchive's tests after uudecode. Compressed ones are read through `bsdcat`.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { compareReaders, type Outcome } from './compare.ts';

/** Some say that they are larger than any disk. */
const MAX_BYTES = 64 * 1024 * 1024;

for (const directory of process.argv.slice(2)) {
  const counts: Record<Outcome, number> = { same: 0, refused: 0, wrong: 0 };
  const told: string[] = [];
  for (const name of fs.readdirSync(directory).filter((file) => /\.(tar(\.\w+)?|tgz)$/.test(file))) {
    const tar = plainTar(join(directory, name));
    if (tar === undefined) continue;
    const { outcome, why } = await compareReaders(tar);
    counts[outcome] += 1;
    if (outcome !== 'same') told.push(`  ${outcome} ${name}: ${why}`);
  }
  process.stdout.write(`${directory}: ${counts.same} same, ${counts.refused} refused, ${counts.wrong} wrong\n`);
  for (const line of told) process.stdout.write(`${line}\n`);
}

/** Undefined for what is too large, or compressed by nothing that is known. */
function plainTar(path: string): Buffer | undefined {
  if (fs.statSync(path).size > MAX_BYTES) return undefined;
  if (path.endsWith('.tar')) return fs.readFileSync(path);
  const { status, stdout } = spawnSync('bsdcat', [path], { maxBuffer: MAX_BYTES });
  return status === 0 ? stdout : undefined;
}
