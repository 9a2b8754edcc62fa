import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../../errors.ts';
import { DOCKER_HUB } from '../../reference.ts';
import { readBasicAuth } from './basic-auth.ts';
import type { BasicAuthFiles } from './basic-auth.ts';
import type { Credential, CredentialSource } from '../credential.ts';
import { askHelper } from './credential-helper.ts';
import { DockerConfigError, parseDockerConfig, selectEntries } from './docker-config.ts';
import type { CredentialEntry } from './docker-config.ts';

/** Docker's own name, then the keys of Kubernetes' secrets, as they are when a secret is mounted whole. */
const FILES = ['config.json', '.dockerconfigjson', '.dockercfg'];
/** What helpers know Docker Hub as. */
const DOCKER_HUB_SERVER = 'https://index.docker.io/v1/';

interface DockerCredentialsOptions {
  /** Directories to search, in order; a file is taken for a configuration itself. */
  readonly directories: readonly string[];
  /** After them, in order. */
  readonly basicAuths?: readonly BasicAuthFiles[];
  /** Told of files and helpers that cannot be used. Never holds their content. */
  readonly warn: (message: string) => void;
}

/**
 * Credentials from the docker configurations of some directories. Of all of them the entry with the most specific
 * path wins, and the earlier directory where two are equal.
 */
export function dockerCredentials(options: DockerCredentialsOptions): CredentialSource {
  const { directories, basicAuths = [], warn } = options;
  let loaded: Promise<readonly CredentialEntry[]> | undefined;

  return { places: [...directories, ...basicAuths.map(({ directory }) => directory)], find };

  async function find(registry: string, repository: string): Promise<Credential | undefined> {
    for (const entry of selectEntries(await (loaded ??= load()), registry, repository)) {
      const credential = await resolve(entry, registry);
      if (credential) return credential;
    }
    return undefined;
  }

  async function load(): Promise<readonly CredentialEntry[]> {
    const files = directories.flatMap((place) => [...FILES.map((name) => join(place, name)), place]);
    const reads = [
      ...files.map(
        async (file) => await orNothing(file, async () => parseDockerConfig(await readFile(file, 'utf8'), file)),
      ),
      ...basicAuths.map(async (files) => await orNothing(files.directory, async () => await readBasicAuth(files))),
    ];
    return (await Promise.all(reads)).flat();
  }

  async function orNothing(
    file: string,
    read: () => Promise<readonly CredentialEntry[]>,
  ): Promise<readonly CredentialEntry[]> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof DockerConfigError) warn(error.message);
      else if (!isAbsent(error)) warn(`${file} cannot be read: ${messageOf(error)}`);
      return [];
    }
  }

  async function resolve({ credential, server }: CredentialEntry, registry: string): Promise<Credential | undefined> {
    if (credential.kind === 'unusable') {
      warn(`no credentials for ${registry}: ${credential.why}`);
      return undefined;
    }
    if (credential.kind !== 'helper') return credential;
    try {
      const { name, origin } = credential;
      return await askHelper({
        name,
        origin,
        server: server ?? (registry === DOCKER_HUB ? DOCKER_HUB_SERVER : registry),
      });
    } catch (error) {
      warn(`no credentials for ${registry}: ${messageOf(error)}`);
      return undefined;
    }
  }
}

/** EISDIR: a directory, whose files are read besides. */
const ABSENT = ['ENOENT', 'ENOTDIR', 'EISDIR'];

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ABSENT.includes(String(error.code));
}
