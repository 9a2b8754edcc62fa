/** What storage does to blobs, in the files of a registry or a layout. */
import * as fs from 'node:fs';
import { join } from 'node:path';

/** Changes one bit in the middle of a blob. */
export const flip = (storage: string, digest: string): void => {
  for (const path of filesOf(storage, digest)) {
    const bytes = fs.readFileSync(path);
    bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
    fs.writeFileSync(path, bytes);
  }
};

export const lose = (storage: string, digest: string): void => {
  for (const path of filesOf(storage, digest)) fs.rmSync(path);
};

/** The blob's bytes, whatever the storage names their file; what links repositories to them is left alone. */
const filesOf = (storage: string, digest: string): string[] => {
  const hex = digest.replace(/^sha256:/, '');
  const files = fs
    .readdirSync(storage, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.includes(hex) && !name.endsWith('/link'))
    .map((name) => join(storage, name))
    .filter((path) => fs.statSync(path).isFile());
  if (files.length === 0) throw new Error(`${storage} has no ${digest}`);
  return files;
};
