/** Lists in staging of what is done when the content is there (finish-staging.ts): how a line of each is written and read. */
import type { Times } from '../files/attributes.ts';

/** Their names. */
export const LATER = { directories: 'directories', links: 'links' } as const;

/** Stands for the mode of a directory that was made with its mode. */
const KEEP_MODE = -1;

interface LinkLine extends Times {
  readonly type: string;
  readonly path: string;
  readonly target: string;
}

export function encodeLink({ type, path, target, mtimeSec, mtimeNs }: LinkLine): readonly unknown[] {
  return [type, path, target, mtimeSec, mtimeNs];
}

export function decodeLink(line: unknown): LinkLine {
  const [type, path, target, mtimeSec, mtimeNs]: unknown[] = Array.isArray(line) ? line : [];
  return {
    type: String(type),
    path: String(path),
    target: String(target),
    mtimeSec: Number(mtimeSec),
    mtimeNs: Number(mtimeNs),
  };
}

interface DirectoryLine extends Times {
  readonly path: string;
  /** Undefined where the directory was made with its mode. */
  readonly mode: number | undefined;
}

export function encodeDirectory({ path, mode = KEEP_MODE, mtimeSec, mtimeNs }: DirectoryLine): readonly unknown[] {
  return [path, mode, mtimeSec, mtimeNs];
}

export function decodeDirectory(line: unknown): DirectoryLine {
  const [path, mode, mtimeSec, mtimeNs]: unknown[] = Array.isArray(line) ? line : [];
  const times = { mtimeSec: Number(mtimeSec), mtimeNs: Number(mtimeNs) };
  return { path: String(path), mode: mode === KEEP_MODE ? undefined : Number(mode), ...times };
}
