import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CREDENTIALS_DIRECTORY } from '../../request/protocol.ts';

/** Where credentials are looked for, in order; the last ones are Tekton's and everybody's. */
export function dockerConfigs({ REGISTRY_AUTH_FILE, DOCKER_CONFIG, HOME }: NodeJS.ProcessEnv): string[] {
  return [
    ...(REGISTRY_AUTH_FILE === undefined || REGISTRY_AUTH_FILE === '' ? [] : [REGISTRY_AUTH_FILE]),
    ...(DOCKER_CONFIG === undefined || DOCKER_CONFIG === '' ? [] : [DOCKER_CONFIG]),
    '/tekton/creds/.docker',
    ...injectedCredentials(),
    ...(HOME === undefined || HOME === '' ? [] : [join(HOME, '.docker')]),
  ];
}

/** Where resolvers mount the docker secrets of a run's service account: a directory for each. */
function injectedCredentials(): string[] {
  if (!existsSync(CREDENTIALS_DIRECTORY)) return [];
  const names = readdirSync(CREDENTIALS_DIRECTORY).filter((name) => !name.startsWith('.'));
  return names.map((name) => join(CREDENTIALS_DIRECTORY, name));
}
