/** What of a cache is of use only as a whole: a file, or all files that a tool made of one thing. */
import type { EvictionRule } from '../../entry.ts';

export interface UsedFile {
  readonly path: string;
  readonly size: number;
  /** The path whose times these are: the file's own, or that of its directory, where the tool marks that. */
  readonly markedAt: string;
  /** Times of the file system, in milliseconds. */
  readonly mtimeMs: number;
  readonly atimeMs: number;
  readonly ctimeMs: number;
}

export interface Unit {
  readonly name: string;
  readonly size: number;
  /** The latest time that tells of a use. */
  readonly usedMs: number;
  readonly files: readonly UsedFile[];
}

/** Cargo has it in `libserde-0123456789abcdef.rlib` and in names of directories. */
const HASH = /(?:^|[-/])([0-9a-f]{16})(?=[./]|$)/;

/** Files without a hash belong to no unit where units go by it: they stay. */
export function unitsOf(files: readonly UsedFile[], rule: Pick<EvictionRule, 'unit' | 'usedBy'>): Unit[] {
  const units = new Map<string, UsedFile[]>();
  for (const file of files) {
    const name = rule.unit === 'file' ? file.path : HASH.exec(file.path)?.[1];
    if (name === undefined) continue;
    const unit = units.get(name);
    if (unit === undefined) units.set(name, [file]);
    else unit.push(file);
  }
  return [...units].map(([name, members]) => ({
    name,
    files: members,
    size: members.reduce((sum, { size }) => sum + size, 0),
    usedMs: Math.max(...members.map((file) => usedMs(file, rule.usedBy))),
  }));
}

function usedMs({ mtimeMs, atimeMs }: UsedFile, usedBy: EvictionRule['usedBy']): number {
  return usedBy === 'mtime' ? mtimeMs : Math.max(mtimeMs, atimeMs);
}
