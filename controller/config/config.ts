import { asCacheError } from '../../shared/errors.ts';
import { didYouMean } from '../../shared/interface/text/nearest.ts';
import { registryProblem } from './registry.ts';
import type { Policy } from '../../shared/scope/policy.ts';
import { CONFIG_TABLE } from './table.ts';
import type { Config } from './table.ts';
import type { ConfigRow } from './table/row.ts';

/** The ConfigMap, in the controller's own namespace. */
export const CONFIG_MAP = 'tekton-cache-config';

interface ConfigReading {
  readonly config: Config;
  /** A sentence for each key that was not taken. */
  readonly problems: readonly string[];
}

const KEYS = Object.values(CONFIG_TABLE).map((row) => row.key);

/**
 * Reads the ConfigMap's data. A key that is absent has its default; one with a bad value keeps the value it had, so that a
 * slip of the pen changes nothing. Keys that begin with `_`, such as Tekton's `_example`, are for people.
 *
 * @param last What was read before; absent at the first time, when a bad value has none that it could keep.
 */
export function readConfig(data: Readonly<Record<string, string>>, last?: Config): ConfigReading {
  const problems = Object.keys(data)
    .filter((key) => !KEYS.some((known) => known === key) && !key.startsWith('_'))
    .map((key) => `key ${JSON.stringify(key)} is unknown; ${didYouMean(key, KEYS)}`);

  const take = <T>(row: ConfigRow<T>, lastValue: T | undefined): T => {
    const text = data[row.key];
    try {
      if (text !== undefined) return row.read(text);
    } catch (error) {
      const instead = row.whenWrong ?? row.default;
      const counts = instead === '' ? 'it counts as absent' : `it counts as ${JSON.stringify(instead)}`;
      const then = last === undefined ? counts : 'it stays as it was';
      const why = asCacheError(error).message.replace(/\.$/, '');
      problems.push(`key ${JSON.stringify(row.key)}: ${why}; ${then}`);
      return lastValue ?? row.read(instead);
    }
    return row.read(row.default);
  };

  const table = CONFIG_TABLE;
  const config = {
    image: take(table.image, last?.image),
    imagePullPolicy: take(table.imagePullPolicy, last?.imagePullPolicy),
    defaultTarget: take(table.defaultTarget, last?.defaultTarget),
    runAs: take(table.runAs, last?.runAs),
    podTemplate: take(table.podTemplate, last?.podTemplate),
    resources: take(table.resources, last?.resources),
    schedulingDeadlineMs: take(table.schedulingDeadlineMs, last?.schedulingDeadlineMs),
    startDeadlineMs: take(table.startDeadlineMs, last?.startDeadlineMs),
    maxPods: take(table.maxPods, last?.maxPods),
    maxPodsPerNamespace: take(table.maxPodsPerNamespace, last?.maxPodsPerNamespace),
    keepPods: take(table.keepPods, last?.keepPods),
    keepPodsForMs: take(table.keepPodsForMs, last?.keepPodsForMs),
    maxBytes: take(table.maxBytes, last?.maxBytes),
    maxFiles: take(table.maxFiles, last?.maxFiles),
    maxBlobBytes: take(table.maxBlobBytes, last?.maxBlobBytes),
    maxExpansion: take(table.maxExpansion, last?.maxExpansion),
    compression: take(table.compression, last?.compression),
    insecureRegistries: take(table.insecureRegistries, last?.insecureRegistries),
    registry: take(table.registry, last?.registry),
    registryRealm: take(table.registryRealm, last?.registryRealm),
    registryCa: take(table.registryCa, last?.registryCa),
    registryCertificates: take(table.registryCertificates, last?.registryCertificates),
    verify: take(table.verify, last?.verify),
    provenanceKeys: take(table.provenanceKeys, last?.provenanceKeys),
    caBundle: take(table.caBundle, last?.caBundle),
    tokenServices: take(table.tokenServices, last?.tokenServices),
    tokenGrants: take(table.tokenGrants, last?.tokenGrants),
    tokenTrust: take(table.tokenTrust, last?.tokenTrust),
    tokenTrustDefault: take(table.tokenTrustDefault, last?.tokenTrustDefault),
    storageKeepUnusedMs: take(table.storageKeepUnusedMs, last?.storageKeepUnusedMs),
    storageKeepAtMostMs: take(table.storageKeepAtMostMs, last?.storageKeepAtMostMs),
    storageKeepRunsMs: take(table.storageKeepRunsMs, last?.storageKeepRunsMs),
    storageKeepUntrustedMs: take(table.storageKeepUntrustedMs, last?.storageKeepUntrustedMs),
    storageEntriesPerRepository: take(table.storageEntriesPerRepository, last?.storageEntriesPerRepository),
    storageEntriesPerNamespace: take(table.storageEntriesPerNamespace, last?.storageEntriesPerNamespace),
    storageEntries: take(table.storageEntries, last?.storageEntries),
    storageBytesPerNamespace: take(table.storageBytesPerNamespace, last?.storageBytesPerNamespace),
    storageBytes: take(table.storageBytes, last?.storageBytes),
    storageWhenFull: take(table.storageWhenFull, last?.storageWhenFull),
    storageCollectEveryMs: take(table.storageCollectEveryMs, last?.storageCollectEveryMs),
    logLevel: take(table.logLevel, last?.logLevel),
  };
  const problem = registryProblem(config);
  return { config, problems: problem === undefined ? problems : [...problems, problem] };
}

/** What of it limits an entry. */
export function limitsOf({ maxBytes, maxFiles, maxBlobBytes, maxExpansion }: Config) {
  return { maxBytes, maxFiles, maxBlobBytes, maxExpansion };
}

/** What of it says which repositories a run may use. */
export function policyOf({ tokenGrants, tokenTrust, tokenTrustDefault }: Config): Policy {
  return { grants: tokenGrants, trustRules: tokenTrust, trustDefault: tokenTrustDefault };
}
