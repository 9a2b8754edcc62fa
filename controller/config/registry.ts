/** The registry of the installation, as several keys say it together. */
import { PROJECTED_TOKEN } from '../../shared/interface/places/registry-token.ts';
import type { RegistryToken } from '../../shared/interface/places/registry-token.ts';
import type { Config } from './table.ts';

/** Below the registry: each namespace, each Pipeline and each workspace has a repository of its own. */
const DEFAULT_REPOSITORY = '{{namespace}}/{{pipeline}}/{{workspace}}:{{hash}}';

type RegistryKeys = Pick<Config, 'registry' | 'registryRealm' | 'registryCa' | 'provenanceKeys'>;

/** How helpers prove themselves to it; undefined where there is none. */
export function registryTokenOf({
  registry,
  registryRealm: realm,
  registryCa: ca,
  provenanceKeys: publicKeys,
}: RegistryKeys): RegistryToken | undefined {
  if (registry === '' || realm === '') return undefined;
  const tokenFile = `${PROJECTED_TOKEN.directory}/${PROJECTED_TOKEN.file}`;
  return { registry, realm, tokenFile, ...(ca === '' ? {} : { ca }), ...(publicKeys === '' ? {} : { publicKeys }) };
}

/** The target of runs that have none; undefined where they need one. */
export function defaultTargetOf(config: RegistryKeys & Pick<Config, 'defaultTarget'>): string | undefined {
  if (config.defaultTarget !== '') return config.defaultTarget;
  return registryTokenOf(config) === undefined ? undefined : `${config.registry}/${DEFAULT_REPOSITORY}`;
}

/** A sentence, where one key says nothing without another. */
export function registryProblem({
  registry,
  registryRealm,
}: Pick<Config, 'registry' | 'registryRealm'>): string | undefined {
  if ((registry === '') === (registryRealm === '')) return undefined;
  const [given, missing] = registry === '' ? ['registry-realm', 'registry'] : ['registry', 'registry-realm'];
  return `key "${given}" has no effect without the key "${missing}"`;
}
