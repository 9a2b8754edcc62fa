import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../support/command.ts';
import { BENCH_PROGRAMS, requirePackages } from '../../support/prerequisites/debian.ts';
import { requireGo } from '../../support/prerequisites/go.ts';
import { toolSet } from '../../support/prerequisites/go-tools.ts';

/** What we are compared with. */
export interface Peers {
  readonly crane: string;
  /** Directory of the openshift-pipelines/tekton-caches command line, when somebody pointed to one. */
  readonly tektonCaches?: string;
}

export const findPeers = async (tektonCaches: string | undefined, report: (line: string) => void): Promise<Peers> => {
  await requirePackages(report, BENCH_PROGRAMS);
  await requireGo();
  const crane = join(await toolSet('registry', report), 'crane');
  return { crane, ...(tektonCaches === undefined ? {} : { tektonCaches }) };
};

export const fileDigest = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
};

/** Packs a directory with GNU tar and zstd into a file and uploads the file as one blob, whose digest is known beforehand. */
export const tarZstdPut = (directory: string, file: string, registry: string, digest: string): string =>
  [
    `tar -C ${directory} -cf - . | zstd -q -3 -T0 -f -o ${file}`,
    `session=$(curl -sf -X POST -o /dev/null -D - http://${registry}/v2/peer/tar/blobs/uploads/ | tr -d '\\r' | sed -n 's/^[Ll]ocation: //p')`,
    `curl -sf -o /dev/null -X PUT -T ${file} -H 'Content-Type: application/octet-stream' "$session&digest=sha256:${digest}"`,
  ].join(' && ');

/** Downloads one blob to a file and extracts the file. */
export const curlZstdTar = (registry: string, digest: string, file: string, directory: string): string =>
  `curl -sf -o ${file} http://${registry}/v2/peer/tar/blobs/sha256:${digest} && zstd -q -dc ${file} | tar -C ${directory} -xf -`;

export const uploadBlob = async (registry: string, file: string, digest: string): Promise<void> => {
  const started = await fetch(`http://${registry}/v2/peer/tar/blobs/uploads/`, { method: 'POST' });
  const location = started.headers.get('location') ?? '';
  const args = ['-sf', '-X', 'PUT', '-T', file, '-H', 'Content-Type: application/octet-stream'];
  await runCommand('curl', [...args, `${location}&digest=sha256:${digest}`]);
};

/** Command line of tekton-caches; its key is one small file, as its hash is not what is measured. */
export const tektonCaches = (
  binary: string,
  verb: 'fetch' | 'upload',
  directory: string,
  key: string,
  registry: string,
): string => {
  const reference = `'oci://${registry}/peer/tekton-caches:{{hash}}'`;
  const place = verb === 'fetch' ? `--source ${reference}` : `--target ${reference}`;
  return `exec ${binary} ${verb} --insecure --pattern '**/corpus-key' --workingdir ${key} --folder ${directory} ${place}`;
};
