import { namespaceOf } from '../../../shared/scope/place.ts';
import type { StoredEntry } from '../inventory/stored-entry.ts';
import type { Family } from './family.ts';
import type { Quota, Quotas } from './rules.ts';

/** What is stored: a blob counts once, however many manifests name it. */
interface Amount {
  readonly entries: number;
  readonly bytes: number;
}

interface Blob {
  readonly bytes: number;
  /** How many manifests name it. */
  count: number;
}

/** The blobs of some manifests, counted. */
class BlobCount {
  readonly #blobs = new Map<string, Blob>();
  bytes = 0;

  change(manifest: StoredEntry, by: 1 | -1): void {
    for (const { digest, bytes } of [manifest, ...manifest.references]) {
      const blob = this.#blobs.get(digest) ?? { bytes, count: 0 };
      const wasThere = blob.count > 0;
      blob.count += by;
      if (blob.count > 0) this.#blobs.set(digest, blob);
      else this.#blobs.delete(digest);
      if (wasThere !== blob.count > 0) this.bytes += by * blob.bytes;
    }
  }
}

class Part {
  readonly blobs = new BlobCount();
  /** The number of families that have a manifest. */
  readonly #members = new Map<StoredEntry, number>();
  entries = 0;

  change({ members }: Family, by: 1 | -1): void {
    this.entries += by;
    for (const member of members) {
      const count = this.#members.get(member) ?? 0;
      if (count + by === 0) this.#members.delete(member);
      else this.#members.set(member, count + by);
      if (count === 0 || count + by === 0) this.blobs.change(member, by);
    }
  }

  get amount(): Amount {
    return { entries: this.entries, bytes: this.blobs.bytes };
  }
}

/** What families take, by namespace and in all; families may be taken away again. */
export class Usage {
  readonly #all = new Part();
  readonly #namespaces = new Map<string, Part>();

  constructor(families: readonly Family[]) {
    for (const family of families) this.#change(family, 1);
  }

  add(family: Family): void {
    this.#change(family, 1);
  }

  remove(family: Family): void {
    this.#change(family, -1);
  }

  get all(): Amount {
    return this.#all.amount;
  }

  get namespaces(): ReadonlyMap<string, Amount> {
    return new Map([...this.#namespaces].map(([namespace, part]) => [namespace, part.amount]));
  }

  isNamespaceOver(namespace: string, { ofNamespace }: Quotas): boolean {
    return isOver(this.#namespaces.get(namespace)?.amount, ofNamespace);
  }

  /** Namespaces that are past their quota, and `*` where all together are. */
  full(quotas: Quotas): readonly string[] {
    const namespaces = [...this.#namespaces.keys()].filter((namespace) => this.isNamespaceOver(namespace, quotas));
    return this.isOver(quotas) ? ['*', ...namespaces] : namespaces;
  }

  isOver({ inAll }: Quotas): boolean {
    return isOver(this.#all.amount, inAll);
  }

  #change(family: Family, by: 1 | -1): void {
    const namespace = namespaceOf(family.root.repository);
    const part = this.#namespaces.get(namespace) ?? new Part();
    this.#namespaces.set(namespace, part);
    part.change(family, by);
    this.#all.change(family, by);
  }
}

function isOver(amount: Amount | undefined, { bytes = Infinity, entries = Infinity }: Quota): boolean {
  return amount !== undefined && (amount.bytes > bytes || amount.entries > entries);
}
