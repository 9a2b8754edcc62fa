/**
 * An index inside an ordinary layer (docs/format.md, section 3): an empty tar, then the data where decoders do not look.
 * The empty tar comes first: with the data first, some tools take the layer for empty of bytes, not of files.
 */
import { CacheError, ERROR_CODES } from '../../errors.ts';
import type { Compression } from '../format.ts';

/** 1024 zero bytes, each as one fixed frame, so that a reader finds the data without a decoder. */
const EMPTY_TAR = {
  zstd: Buffer.from('28b52ffd60000303200000', 'hex'),
  gzip: Buffer.from('1f8b08000000000000ff63601805a360148c5400002eafb5ef00040000', 'hex'),
} as const;

/** SHA-256 of the 1024 zero bytes: the diff_id of every index layer. */
export const INDEX_DIFF_ID = 'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef';

const SKIPPABLE_MAGIC = 0x184d2a50;
/** One gzip member: header with FEXTRA, one empty block, CRC and length of nothing. */
const MEMBER_HEAD = Buffer.from('1f8b08040000000000ff', 'hex');
const MEMBER_TAIL = Buffer.from('03000000000000000000', 'hex');
const SUBFIELD_ID = Buffer.from('TC', 'latin1');
const SUBFIELD_BYTES = 65_000;
/** MEMBER_HEAD, length of the extra field, id, length of the subfield. */
const PIECE_HEAD_BYTES = MEMBER_HEAD.length + 6;

/** The layer is an empty tar at most: another tool has compressed it anew, and the index is lost. */
export class NoIndexInLayer extends CacheError {
  constructor() {
    super(ERROR_CODES.InvalidImage, 'The index layer of the image holds no index.');
  }
}

/** @param data of the index, in pieces that follow each other; so is the result */
export function embedIndex(data: readonly Buffer[], compression: Compression): readonly Buffer[] {
  return [
    EMPTY_TAR[compression],
    ...(compression === 'zstd' ? skippableFrame(data) : extraMembers(Buffer.concat(data))),
  ];
}

/**
 * The data of the index in a layer.
 *
 * @throws NoIndexInLayer, or CacheError `InvalidImage` when the layer begins as an index layer and does not go on as one
 */
export function extractIndex(layer: Uint8Array, compression: Compression): Uint8Array {
  const bytes = Buffer.from(layer.buffer, layer.byteOffset, layer.byteLength);
  const empty = EMPTY_TAR[compression];
  if (!bytes.subarray(0, empty.length).equals(empty)) throw new NoIndexInLayer();
  const rest = bytes.subarray(empty.length);
  return compression === 'zstd' ? fromSkippableFrame(rest) : fromExtraMembers(rest);
}

function skippableFrame(data: readonly Buffer[]): Buffer[] {
  const head = Buffer.allocUnsafe(8);
  head.writeUInt32LE(SKIPPABLE_MAGIC, 0);
  head.writeUInt32LE(
    data.reduce((sum, { length }) => sum + length, 0),
    4,
  );
  return [head, ...data];
}

function fromSkippableFrame(bytes: Buffer): Buffer {
  if (bytes.length < 8 || bytes.readUInt32LE(0) !== SKIPPABLE_MAGIC) invalid();
  if (bytes.readUInt32LE(4) !== bytes.length - 8) invalid();
  return bytes.subarray(8);
}

function extraMembers(data: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < data.length; at += SUBFIELD_BYTES) {
    const piece = data.subarray(at, at + SUBFIELD_BYTES);
    const lengths = Buffer.allocUnsafe(6);
    lengths.writeUInt16LE(piece.length + 4, 0);
    SUBFIELD_ID.copy(lengths, 2);
    lengths.writeUInt16LE(piece.length, 4);
    parts.push(MEMBER_HEAD, lengths, piece, MEMBER_TAIL);
  }
  return parts;
}

function fromExtraMembers(bytes: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    if (bytes.length - at < PIECE_HEAD_BYTES + MEMBER_TAIL.length) invalid();
    const lengths = at + MEMBER_HEAD.length;
    const length = bytes.readUInt16LE(lengths + 4);
    const tail = at + PIECE_HEAD_BYTES + length;
    const wellFormed =
      bytes.subarray(at, lengths).equals(MEMBER_HEAD) &&
      bytes.readUInt16LE(lengths) === length + 4 &&
      bytes.subarray(lengths + 2, lengths + 4).equals(SUBFIELD_ID) &&
      bytes.subarray(tail, tail + MEMBER_TAIL.length).equals(MEMBER_TAIL);
    if (!wellFormed) invalid();
    pieces.push(bytes.subarray(at + PIECE_HEAD_BYTES, tail));
    at = tail + MEMBER_TAIL.length;
  }
  return Buffer.concat(pieces);
}

function invalid(): never {
  throw new CacheError(ERROR_CODES.InvalidImage, 'The index layer of the image does not have the form of one.');
}
