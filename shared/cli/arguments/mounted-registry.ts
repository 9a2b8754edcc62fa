import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

import { invalidParams, messageOf } from '../../errors.ts';
import { PROJECTED_TOKEN } from '../../interface/places/registry-token.ts';
import type { RegistryToken } from '../../interface/places/registry-token.ts';

/** The files of the volume; the last two may be missing. */
const REGISTRY_FILES = {
  registry: 'registry',
  realm: 'realm',
  ca: 'ca.crt',
  publicKeys: 'provenance.pub',
} as const;

const MAX_BYTES = 65_536;

/**
 * The registry of the installation, as a Task has it that mounts the token and the ConfigMap by itself. Undefined where the directory
 * says nothing of a registry. Throws InvalidParams for a file that cannot be read.
 */
export function mountedRegistry(directory: string): RegistryToken | undefined {
  const at = (name: string): string => join(directory, name);
  if (![REGISTRY_FILES.registry, REGISTRY_FILES.realm].every((name) => existsSync(at(name)))) return undefined;
  const [ca, publicKeys] = [at(REGISTRY_FILES.ca), at(REGISTRY_FILES.publicKeys)];
  return {
    registry: readText(at(REGISTRY_FILES.registry)),
    realm: readText(at(REGISTRY_FILES.realm)),
    tokenFile: at(PROJECTED_TOKEN.file),
    ...(existsSync(ca) ? { ca: readText(ca) } : {}),
    ...(existsSync(publicKeys) ? { publicKeys: readText(publicKeys) } : {}),
  };
}

/** Longer text is cut, and refused by what is expected of it. */
function readText(file: string): string {
  try {
    const descriptor = openSync(file, 'r');
    try {
      const buffer = Buffer.alloc(MAX_BYTES);
      return buffer.toString('utf8', 0, readSync(descriptor, buffer)).trim();
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const why = messageOf(error);
    throw invalidParams(`The registry of the installation: ${file} cannot be read: ${why}.`);
  }
}
