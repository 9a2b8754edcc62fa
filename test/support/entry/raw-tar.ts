/** Tars of anything, well formed or not, written from the format's definition and without our own writer. */
export interface RawMember {
  readonly name: string;
  /** One character: 0 file, 1 hard link, 2 symlink, 3 device, 5 directory, x PAX header, L long name. */
  readonly flag?: string;
  readonly content?: string | Buffer;
  readonly link?: string;
  readonly mode?: number;
  readonly mtime?: number;
  /** What the header says instead of the truth. */
  readonly size?: number | string;
  readonly checksum?: number;
}

const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;

export function rawMember(member: RawMember): Buffer {
  const content = Buffer.from(member.content ?? '');
  const block = Buffer.alloc(512);
  block.write(member.name, 0, 100, 'latin1');
  block.write(octal(member.mode ?? 0o644, 7), 100);
  block.write(octal(0, 7) + octal(0, 7), 108);
  block.write(typeof member.size === 'string' ? member.size : octal(member.size ?? content.length, 11), 124, 'latin1');
  block.write(octal(member.mtime ?? 1_000_000_000, 11), 136);
  block.write(`        ${member.flag ?? '0'}`, 148);
  block.write(member.link ?? '', 157, 100, 'latin1');
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${(member.checksum ?? sum).toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([block, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

export function rawTar(members: readonly RawMember[]): Buffer {
  return Buffer.concat([...members.map(rawMember), Buffer.alloc(1024)]);
}

export function paxHeader(records: Readonly<Record<string, string>>): RawMember {
  const line = (key: string, value: string): string => {
    const rest = ` ${key}=${value}\n`;
    let length = Buffer.byteLength(rest, 'latin1') + 1;
    while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
    return `${length}${rest}`;
  };
  const body = Object.entries(records).map(([key, value]) => line(key, value));
  return { name: 'PaxHeader', flag: 'x', content: Buffer.from(body.join(''), 'latin1') };
}
