import type { Random } from '../support/tree/change-tree.ts';

const NUMBERS = [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x1ff, 0x200, 0xffff, 0x10000, 0x7fffffff, 0xffffffff, 2 ** 40];
const WORDS = [
  '..',
  '/',
  '\0',
  '../',
  '.wh.',
  '././@LongLink',
  'ustar\0',
  'path=',
  'size=',
  'mtime=',
  'GNU.sparse.major',
];
const MAX_BYTES = 16 * 1024;

/**
 * Another input: one with some bytes changed, cut out, put in, repeated, or taken from another.
 *
 * @param unit bytes that formats with blocks keep together: what is cut out and put in is often as long, and as often at its multiples
 */
export function mutate(input: Buffer, other: Buffer, random: Random, unit: number): Buffer {
  let bytes: Buffer = Buffer.from(input);
  for (let left = 1 + random(4); left > 0; left--) {
    bytes = unit > 1 && random(3) === 0 ? changeBlocks(bytes, other, random, unit) : change(bytes, other, random);
  }
  return bytes.subarray(0, MAX_BYTES);
}

function changeBlocks(bytes: Buffer, other: Buffer, random: Random, unit: number): Buffer {
  const place = (of: Buffer): number => unit * random(Math.floor(of.length / unit) + 1);
  const [at, from] = [place(bytes), place(other)];
  const put = other.subarray(from, from + unit * random(4));
  return Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + unit * random(3))]);
}

function change(bytes: Buffer, other: Buffer, random: Random): Buffer {
  const at = random(bytes.length + 1);
  const replace = (cut: number, put: Uint8Array): Buffer =>
    Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + cut)]);
  const overwrite = (put: Uint8Array): Buffer => replace(put.length, put);
  const length = 1 + random(random(4) === 0 ? 1024 : 16);
  switch (random(8)) {
    case 0:
      return replace(1, Buffer.from([(bytes[at] ?? 0) ^ (1 << random(8))]));
    case 1:
      return replace(1, Buffer.from([random(256)]));
    case 2:
      return replace(length, Buffer.alloc(0));
    case 3:
      return replace(0, bytes.subarray(random(bytes.length), at).subarray(0, length));
    case 4: {
      const from = random(other.length);
      return replace(random(2) * length, other.subarray(from, from + length));
    }
    case 5: {
      const word = Buffer.from(WORDS[random(WORDS.length)] ?? '', 'latin1');
      return random(2) === 0 ? overwrite(word) : replace(0, word);
    }
    case 6:
      return overwrite(
        Buffer.from((NUMBERS[random(NUMBERS.length)] ?? 0).toString(8).padStart(random(12), '0'), 'latin1'),
      );
    default:
      return replace(random(3), varint(NUMBERS[random(NUMBERS.length)] ?? 0));
  }
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) | 0x80);
  return Buffer.from([...bytes, left]);
}
