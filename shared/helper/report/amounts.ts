/** How much a fetch restored and an upload stored: the words for people, and the reading of them, which undo each other. */
import { formatBytes, formatCount, parseBytes } from './text-log.ts';

/** Bytes are exact where they are written, and rounded as `formatBytes` does where they were read. */
interface Amounts {
  /** The bytes of the content. */
  readonly size: number;
  /** The bytes that a fetch received, or an upload sent. */
  readonly moved: number;
}

export interface ReadAmounts extends Amounts {
  readonly digest: string;
}

const RECEIVED = ' received';
const SENT = ' sent';
const NOTHING_RECEIVED = 'all there already';
const BETWEEN = ', ';
const IN = ' in ';

/** `373 MB in 50719 files, 68.9 MB received`. */
export function restoredAmounts({ size, files, moved }: Amounts & { readonly files: number }): string {
  const received = moved === 0 ? NOTHING_RECEIVED : formatBytes(moved) + RECEIVED;
  return formatBytes(size) + IN + formatCount(files, 'file') + BETWEEN + received;
}

/** `373 MB, 68.9 MB sent`. */
export function storedAmounts({ size, moved }: Amounts): string {
  return formatBytes(size) + BETWEEN + formatBytes(moved) + SENT;
}

/** The note of an entry: its amounts and its digest. */
export function amountsNote(amounts: string, digest: string): string {
  return amounts + BETWEEN + digest;
}

const DIGEST = /^[a-z0-9]{1,16}:[0-9a-f]{1,128}$/;

/** What the note of a fetch says; undefined of any other text. */
export function readRestored(note: string): ReadAmounts | undefined {
  const [content = '', received = '', digest = '', ...more] = note.split(BETWEEN);
  const [size = '', files = '', ...rest] = content.split(IN);
  if (more.length > 0 || rest.length > 0 || !/^\d{1,16} files?$/.test(files)) return undefined;
  return read(size, received === NOTHING_RECEIVED ? formatBytes(0) : withoutEnd(received, RECEIVED), digest);
}

/** What the note of an upload says; undefined of any other text. */
export function readStored(note: string): ReadAmounts | undefined {
  const [size = '', sent = '', digest = '', ...more] = note.split(BETWEEN);
  return more.length > 0 ? undefined : read(size, withoutEnd(sent, SENT), digest);
}

function read(size: string, moved: string | undefined, digest: string): ReadAmounts | undefined {
  const [sizeBytes, movedBytes] = [parseBytes(size), parseBytes(moved ?? '')];
  if (sizeBytes === undefined || movedBytes === undefined || !DIGEST.test(digest)) return undefined;
  return { size: sizeBytes, moved: movedBytes, digest };
}

function withoutEnd(text: string, end: string): string | undefined {
  return text.endsWith(end) ? text.slice(0, -end.length) : undefined;
}
