import type { Inventory } from '../inventory/inventory.ts';
import type { StoredManifest } from '../inventory/stored-entry.ts';
import { eachRepository } from './each-repository.ts';
import type { RepositoryWork } from './each-repository.ts';
import { isAnswer } from './registry-error.ts';
import type { UnreadTags } from './unread-tags.ts';

export interface WalkParts extends RepositoryWork {
  readonly inventory: Inventory;
  readonly now: () => number;
  /** Learns from each repository that is walked. */
  readonly unread: UnreadTags;
  /** Told of the tags of a repository that cannot be read, and of the first reason. */
  readonly onUnread: (repository: string, tags: readonly string[], error: unknown) => void;
}

/**
 * Compares the inventory with the whole catalogue of the registry, and mends it. Notifications may come meanwhile: what they have
 * told since a walk began is newer than what the walk finds. Throws `RegistryError` without a catalogue.
 */
export async function walk(parts: WalkParts): Promise<void> {
  const unseen = new Set(parts.inventory.repositories());
  parts.unread.clear();
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
  const walked = await eachRepository(
    parts,
    repositories,
    async (repository) => await walkRepository(parts, repository),
  );
  return new Set([...walked].filter((repository) => !parts.unread.has(repository)));
}

/** One tag that cannot be read does not hide the others. It stays as it is known. */
async function walkRepository(parts: WalkParts, repository: string): Promise<void> {
  const { api, inventory, signal, now, unread, onUnread } = parts;
  const began = now();
  const found = new Map<string, StoredManifest>();
  const failed = new Map<string, unknown>();
  for (const tag of await api.tags(repository, signal)) {
    try {
      const digest = await api.digestOf(repository, tag, signal);
      const manifest = digest === undefined ? undefined : await manifestOf(parts, repository, digest);
      if (manifest !== undefined) found.set(tag, manifest);
    } catch (error) {
      if (signal.aborted || !isAnswer(error)) throw error;
      failed.set(tag, error);
    }
  }
  const tags = [...failed.keys()];
  inventory.recordWalk(repository, { found, unread: new Set(tags) }, began);
  unread.record(repository, tags);
  const [first] = failed.values();
  if (tags.length > 0) onUnread(repository, tags, first);
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
