import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDockerConfig } from './docker-config.ts';
import type { CredentialEntry } from './docker-config.ts';

/** A mounted secret of the type kubernetes.io/basic-auth. */
export interface BasicAuthFiles {
  /** Holds the files `username` and `password`. */
  readonly directory: string;
  /** What it is for, as docker configurations name servers. */
  readonly servers: readonly string[];
}

export async function readBasicAuth({ directory, servers }: BasicAuthFiles): Promise<readonly CredentialEntry[]> {
  const read = async (name: string): Promise<string> => await readFile(join(directory, name), 'utf8');
  const [username, password] = await Promise.all([read('username'), read('password')]);
  const auths = Object.fromEntries(servers.map((server) => [server, { username, password }]));
  return parseDockerConfig(JSON.stringify({ auths }), directory);
}
