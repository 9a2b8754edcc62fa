import type { Inventory } from '../inventory/inventory.ts';
import type { StoredManifest } from '../inventory/stored-entry.ts';
import { eachRepository } from './each-repository.ts';
import type { RepositoryWork } from './each-repository.ts';

export interface WalkParts extends RepositoryWork {
  readonly inventory: Inventory;
  readonly now: () => number;
}

/**
 * Compares the inventory with the whole catalogue of the registry, and mends it. Notifications may come meanwhile: what they have
 * told since a walk began is newer than what the walk finds. Throws `RegistryError` without a catalogue.
 */
export async function walk(parts: WalkParts): Promise<void> {
  const unseen = new Set(parts.inventory.repositories());
  for await (const page of parts.api.catalogue(parts.signal)) {
    for (const repository of page) unseen.delete(repository);
    await walkRepositories(parts, page);
  }
  // The catalogue of a registry that changes meanwhile may lack repositories that are there.
  await walkRepositories(parts, [...unseen]);
  parts.inventory.forgetSizes();
}

/** Compares the inventory with these repositories; returns those that the registry told all of. What is known of the others stays. */
export async function walkRepositories(
  parts: WalkParts,
  repositories: readonly string[],
): Promise<ReadonlySet<string>> {
  return await eachRepository(parts, repositories, async (repository) => await walkRepository(parts, repository));
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
  if (known !== undefined) return { ...known, references: known.references.map((reference) => reference.digest) };
  const manifest = await api.manifest(repository, digest, signal);
  if (manifest === undefined) return undefined;
  for (const part of manifest.isIndex ? manifest.references : []) {
    const found = await manifestOf(parts, repository, part);
    if (found !== undefined) inventory.recordPart(found, now());
  }
  const { bytes, references } = manifest;
  return { repository, digest, bytes, references };
}
