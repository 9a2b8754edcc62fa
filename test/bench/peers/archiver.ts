import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { runCommand } from '../../support/command.ts';

/** A program that makes one archive of a directory: the same bytes for the same tree each time, so that the digest is known beforehand. */
export interface Archiver {
  readonly id: string;
  readonly packs: string;
  readonly unpacks: string;
  readonly pack: (directory: string, file: string) => string;
  readonly unpack: (file: string, directory: string) => string;
}

export const GNU_TAR: Archiver = {
  id: 'tar-zstd',
  packs: 'tar | zstd -3 -T0',
  unpacks: 'zstd -dc | tar -x',
  pack: (directory, file) => `tar -C ${directory} -cf - . | zstd -q -3 -T0 -f -o ${file}`,
  unpack: (file, directory) => `zstd -q -dc ${file} | tar -C ${directory} -xf -`,
};

/** The format without times of access. */
export const BSDTAR: Archiver = {
  id: 'bsdtar',
  packs: 'bsdtar --zstd (level 3, all processors)',
  unpacks: 'bsdtar -x',
  pack: (directory, file) =>
    `bsdtar -C ${directory} --format=gnutar --zstd --options zstd:compression-level=3,zstd:threads=0 -cf ${file} .`,
  unpack: (file, directory) => `bsdtar -C ${directory} -xf ${file}`,
};

/** Packs a directory into a file and uploads the file as one blob. */
export const packAndPut = (
  { pack }: Archiver,
  directory: string,
  file: string,
  registry: string,
  digest: string,
): string =>
  [
    pack(directory, file),
    `session=$(curl -sf -X POST -o /dev/null -D - http://${registry}/v2/peer/tar/blobs/uploads/ | tr -d '\\r' | sed -n 's/^[Ll]ocation: //p')`,
    `curl -sf -o /dev/null -X PUT -T ${file} -H 'Content-Type: application/octet-stream' "$session&digest=sha256:${digest}"`,
  ].join(' && ');

/** Downloads one blob to a file and extracts the file. */
export const getAndUnpack = (
  { unpack }: Archiver,
  registry: string,
  digest: string,
  file: string,
  directory: string,
): string => `curl -sf -o ${file} http://${registry}/v2/peer/tar/blobs/sha256:${digest} && ${unpack(file, directory)}`;

export const fileDigest = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
};

export const uploadBlob = async (registry: string, file: string, digest: string): Promise<void> => {
  const started = await fetch(`http://${registry}/v2/peer/tar/blobs/uploads/`, { method: 'POST' });
  const location = started.headers.get('location') ?? '';
  const args = ['-sf', '-X', 'PUT', '-T', file, '-H', 'Content-Type: application/octet-stream'];
  await runCommand('curl', [...args, `${location}&digest=sha256:${digest}`]);
};
