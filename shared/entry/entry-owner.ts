/**
 * Who the files of a tool's own cache belong to. Where only the image of a step says who it runs as, our step is root, and what root restores a
 * tool of another user could not write to: `npm ci` and `go build` fail then. So an entry says whose the files were, and they are given back.
 */
import * as fs from 'node:fs';
import { DirectoryRoot } from '../archive/files/directory-root.ts';
import { errnoOf } from '../archive/files/errno.ts';
import { walk } from '../archive/files/walk/walk.ts';
import type { WalkItem } from '../archive/files/walk/walk.ts';
import { isReservedPath } from '../archive/format.ts';
import { toByteString } from '../archive/paths/path.ts';
import { selectionOf } from '../archive/paths/selection.ts';
import type { Steps } from '../pace.ts';
import type { EntryDirectory } from './entry.ts';

/** `UID:GID`, absent for root and where the files belong to several users. */
const OWNER = 'cache.tekton.dev/owner';
const HIGHEST_ID = 2 ** 32 - 2;

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Root alone can give files away. The tool has made what lies at the top of the directory. */
export function ownerAnnotation({ dir, ofTool }: EntryDirectory): Readonly<Record<string, string>> {
  if (ofTool !== true || !isRoot()) return {};
  const [owner, another] = new Set(ownersIn(dir));
  return owner === undefined || another !== undefined ? {} : { [OWNER]: owner };
}

/** Nothing where the directory cannot be read: the upload says so. */
function ownersIn(dir: string): string[] {
  try {
    return fs.readdirSync(dir).flatMap((name) => {
      const stats = isReservedPath(name) ? undefined : fs.lstatSync(`${dir}/${name}`, { throwIfNoEntry: false });
      return stats === undefined || stats.uid === 0 ? [] : [`${stats.uid}:${stats.gid}`];
    });
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return [];
  }
}

/** Gives what is root's in the directory to the owner that the entry names. Returns the sentence for the log. */
export function* giveToOwner(
  { dir, paths, exclude, ofTool }: EntryDirectory,
  annotations: Readonly<Record<string, string>>,
): Steps<readonly string[]> {
  const owner = ofTool === true && isRoot() ? readOwner(annotations[OWNER]) : undefined;
  if (owner === undefined) return [];
  const { uid, gid } = owner;
  const root = DirectoryRoot.open(toByteString(dir));
  try {
    for (const item of walk(dir, selectionOf(paths, exclude), { special: 0 })) {
      if (item !== undefined && isRoots(item)) fs.lchownSync(root.at(item.path), uid, gid);
      yield;
    }
    return [`The files belong to user ${uid}, as those did that the entry was made of.`];
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return [
      `The files cannot be given to user ${uid}, whose tool made them (${errnoOf(error)}): say \`runAsUser: ${uid}\` in the podTemplate.`,
    ];
  } finally {
    root.close();
  }
}

/** A file with several names may have one anywhere. */
function isRoots({ type, stats }: WalkItem): boolean {
  return stats.uid === 0 && (type === 'directory' || stats.nlink === 1);
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function readOwner(text = ''): Owner | undefined {
  const [uid = 0, gid = 0] = /^\d{1,10}:\d{1,10}$/.test(text) ? text.split(':').map(Number) : [];
  return uid > 0 && uid <= HIGHEST_ID && gid <= HIGHEST_ID ? { uid, gid } : undefined;
}
