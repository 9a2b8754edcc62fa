/**
 * The tags that a registry lists and whose manifests it cannot read, by repository. What they lead to is unknown: any manifest of their repository may be
 * a part of it.
 */
export class UnreadTags {
  readonly #tags = new Map<string, readonly string[]>();

  /** What a walk of a repository has met; none where all of it was read. */
  record(repository: string, tags: readonly string[]): void {
    if (tags.length === 0) this.#tags.delete(repository);
    else this.#tags.set(repository, tags);
  }

  /** The walk of a whole catalogue begins: a repository that is gone has no tags. */
  clear(): void {
    this.#tags.clear();
  }

  has(repository: string): boolean {
    return this.#tags.has(repository);
  }

  get count(): number {
    return [...this.#tags.values()].reduce((sum, { length }) => sum + length, 0);
  }

  get repositories(): readonly string[] {
    return [...this.#tags.keys()].toSorted();
  }
}
