/**
 * Who owns the files of a tool's cache. Where only the image says who a step runs as, our step is root, and a tool of another user could not write to
 * what root restored: `npm ci` and `go build` fail then. So an entry says who owned the files, and a fetch gives them back.
 */
import * as fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { giveFromRoot } from '../archive/files/attributes.ts';
import { DirectoryRoot } from '../archive/files/directory-root.ts';
import { errnoOf, isGone } from '../archive/files/errno.ts';
import { walk } from '../archive/files/walk/walk.ts';
import { isReservedPath } from '../archive/format.ts';
import { toByteString } from '../archive/paths/path.ts';
import { selectionOf } from '../archive/paths/selection.ts';
import { CacheError, ERROR_CODES } from '../errors.ts';
import type { Steps } from '../pace.ts';
import type { EntryDirectory } from './entry.ts';

/** `UID:GID`, absent for root and where the files belong to several users. */
const OWNER = 'cache.tekton.dev/owner';
const HIGHEST_ID = 2 ** 32 - 2;

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Root alone can give files away. The tool has made what lies at the top of the directory, and in those that were made there for it. */
export function ownerAnnotation({ dir, ofTool, made = [] }: EntryDirectory): Readonly<Record<string, string>> {
  if (ofTool !== true || !isRoot()) return {};
  const [owner, another] = new Set(['', ...made].flatMap((name) => ownersIn(join(dir, name))));
  return owner === undefined || another !== undefined ? {} : { [OWNER]: owner };
}

/** The owners of the files; none where the directory cannot be read, which the upload says. */
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

/**
 * Gives what is root's in the directory to the owner that the entry names. Returns the sentence for the log: the entry is restored by then,
 * whatever becomes of this.
 */
export function* giveToOwner(
  { dir, paths, exclude, ofTool }: EntryDirectory,
  annotations: Readonly<Record<string, string>>,
): Steps<readonly string[]> {
  const owner = ofTool === true && isRoot() ? readOwner(annotations[OWNER]) : undefined;
  if (owner === undefined) return [];
  let root: DirectoryRoot | undefined;
  try {
    root = openItself(dir);
    for (const item of walk(dir, selectionOf(paths, exclude), { special: 0 })) {
      if (item?.stats.uid === 0) giveIfThere(root, item.path, owner);
      yield;
    }
    return [`The files belong to user ${owner.uid}, as those did that the entry was made of.`];
  } catch (error) {
    return [
      `The files cannot be given to user ${owner.uid}, whose tool made them (${whyOf(error)}): say \`runAsUser: ${owner.uid}\` in the podTemplate.`,
    ];
  } finally {
    root?.close();
  }
}

/**
 * Refuses an entry of another user's where this process is root without the right to give files away, as in a StepAction or beside a step that drops
 * its capabilities: the tool could not write to what root has restored, and its build would fail. Without the entry it does all anew.
 */
export function refuseUngivable(
  { dir, ofTool }: Pick<EntryDirectory, 'dir' | 'ofTool'>,
  annotations: Readonly<Record<string, string>>,
): void {
  const owner = ofTool === true && isRoot() ? readOwner(annotations[OWNER]) : undefined;
  if (owner === undefined || mayGive()) return;
  throw new CacheError(
    ERROR_CODES.Unwritable,
    `The entry was made by user ${owner.uid}, who could not write to it in ${dir}: this step is root, and without the capability CHOWN it cannot give files to others. ` +
      `Say \`runAsUser: ${owner.uid}\` in the podTemplate.`,
  );
}

/** https://man7.org/linux/man-pages/man7/capabilities.7.html: CAP_CHOWN is the first bit. Where the kernel does not say, trying will tell. */
function mayGive(): boolean {
  const status = '/proc/self/status';
  const text = fs.existsSync(status) ? fs.readFileSync(status, 'latin1') : '';
  const last = /^CapEff:\s*[0-9a-f]*([0-9a-f])$/m.exec(text)?.[1];
  return last === undefined || Number.parseInt(last, 16) % 2 === 1;
}

/** Opens the directory itself. Throws ENOTDIR for a link: it may lead to files that are no tool's. */
function openItself(dir: string): DirectoryRoot {
  const above = DirectoryRoot.open(toByteString(dirname(dir)));
  try {
    return above.enter(toByteString(basename(dir)));
  } finally {
    above.close();
  }
}

/** Others may work in the directory, and take away what the walk has seen. */
function giveIfThere(root: DirectoryRoot, path: string, { uid, gid }: Owner): void {
  try {
    giveFromRoot(root.at(path), uid, gid);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** Why the file system, or the walk of it, refuses. Throws any other error again. */
function whyOf(error: unknown): string {
  const errno = errnoOf(error instanceof CacheError ? error.cause : error);
  if (errno !== undefined) return errno;
  if (error instanceof CacheError) return error.code;
  throw error;
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function readOwner(text = ''): Owner | undefined {
  const [uid = 0, gid = 0] = /^\d{1,10}:\d{1,10}$/.test(text) ? text.split(':').map(Number) : [];
  return uid > 0 && uid <= HIGHEST_ID && gid <= HIGHEST_ID ? { uid, gid } : undefined;
}
