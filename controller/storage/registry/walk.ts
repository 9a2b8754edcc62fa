import type { Inventory } from '../inventory/inventory.ts';
import type { StoredManifest } from '../inventory/stored-entry.ts';
import { REPOSITORIES_AT_ONCE } from './registry-api.ts';
import type { RegistryApi } from './registry-api.ts';

export interface WalkParts {
  readonly api: RegistryApi;
  readonly inventory: Inventory;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/**
 * Compares the inventory with the whole catalogue of the registry, and mends it. Notifications may come meanwhile: what they have
 * told since a walk began is newer than what the walk finds. Throws `RegistryError`.
 */
export async function walk(parts: WalkParts): Promise<void> {
  const { api, inventory, signal, now } = parts;
  const began = now();
  const unseen = new Set(inventory.repositories());
  for await (const page of api.catalogue(signal)) {
    for (let at = 0; at < page.length; at += REPOSITORIES_AT_ONCE) {
      const repositories = page.slice(at, at + REPOSITORIES_AT_ONCE);
      await api.prepare(repositories, signal);
      for (const repository of repositories) {
        unseen.delete(repository);
        await walkRepository(parts, repository);
      }
    }
  }
  for (const repository of unseen) inventory.recordWalk(repository, new Map(), began);
}

async function walkRepository(parts: WalkParts, repository: string): Promise<void> {
  const { api, inventory, signal, now } = parts;
  const began = now();
  const found = new Map<string, StoredManifest>();
  for (const tag of await api.tags(repository, signal)) {
    const digest = await api.digestOf(repository, tag, signal);
    const manifest = digest === undefined ? undefined : await manifestOf(parts, repository, digest);
    if (manifest !== undefined) found.set(tag, manifest);
  }
  inventory.recordWalk(repository, found, began);
}

async function manifestOf(parts: WalkParts, repository: string, digest: string): Promise<StoredManifest | undefined> {
  const { api, inventory, signal, now } = parts;
  const known = inventory.find(repository, digest);
  if (known !== undefined) return known;
  const manifest = await api.manifest(repository, digest, signal);
  if (manifest === undefined) return undefined;
  for (const part of manifest.isIndex ? manifest.references : []) {
    const found = await manifestOf(parts, repository, part.digest);
    if (found !== undefined) inventory.recordPart(found, now());
  }
  const { bytes, references } = manifest;
  return { repository, digest, bytes, references };
}
