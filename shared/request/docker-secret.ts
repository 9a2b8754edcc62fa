import type { BasicAuth } from './protocol.ts';

/** A secret that a service account names, as far as anybody but the kubelet may know it. */
export interface DockerSecret {
  readonly name: string;
  /** The registries that a secret of the type kubernetes.io/basic-auth is for; empty for other types. */
  readonly servers: readonly string[];
}

/** Tekton's mark of a basic-auth secret for a registry; the value is its host. */
const DOCKER_ANNOTATION = 'tekton.dev/docker-';

export function dockerSecret(name: string, annotations: Readonly<Record<string, string>> = {}): DockerSecret {
  const marks = Object.entries(annotations).filter(([key]) => key.startsWith(DOCKER_ANNOTATION));
  return { name, servers: marks.map(([, server]) => server) };
}

/**
 * Projects only the keys of docker credentials, a directory a secret, and only if they are there: a token or an ssh key in the
 * same list of secrets never reaches a pod. User name and password come along if the secret is annotated for a registry.
 * Both keys of one projection would have to be there unless it is optional, so each has its own.
 */
export function secretProjections(secrets: readonly DockerSecret[]) {
  return secrets.flatMap(({ name, servers }) => {
    const keys = ['.dockerconfigjson', '.dockercfg', ...(servers.length > 0 ? ['username', 'password'] : [])];
    return keys.map((key) => ({
      secret: { name, optional: true, items: [{ key, path: `${name}/${key}` }] },
    }));
  });
}

/** Where user names and passwords are, when the secrets are mounted at `directory`. */
export function basicAuthsOf(directory: string, secrets: readonly DockerSecret[]): BasicAuth[] {
  return secrets
    .filter(({ servers }) => servers.length > 0)
    .map(({ name, servers }) => ({ directory: `${directory}/${name}`, servers }));
}
