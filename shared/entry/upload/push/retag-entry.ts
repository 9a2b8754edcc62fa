/** The upload of a workspace that equals an entry in the store: no layer is sent, and at most tags are set. */
import type { Store } from '../../../store/store.ts';
import { shareBlobs } from '../base/base-entry.ts';
import type { BaseEntry } from '../base/base-entry.ts';
import type { Again } from '../base/premise.ts';
import { tagEntry } from './tag-entry.ts';
import type { Tagged } from './tag-entry.ts';

interface RetagOptions {
  readonly store: Store;
  readonly reference: string;
  readonly aliases: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
  /** The entry that the workspace equals. */
  readonly base: BaseEntry;
  /** The entry that the target is now. */
  readonly current: BaseEntry | undefined;
  readonly signal: AbortSignal | undefined;
}

interface RetaggedEntry extends Tagged {
  readonly kind: 'retagged';
  /** The target was this entry before. */
  readonly wasThere: boolean;
}

export async function retagEntry(options: RetagOptions): Promise<RetaggedEntry | Again> {
  const { store, reference, aliases, annotations, base, current, signal } = options;
  const manifest = { ...base.manifest, annotations };
  const sameAnnotations = sorted(annotations) === sorted(base.manifest.annotations);
  const wasThere = sameAnnotations && current?.descriptor.digest === base.descriptor.digest;
  const missing: string[] = [];
  for (const alias of aliases) {
    const there = wasThere && (await store.headManifest(alias, signal))?.digest === base.descriptor.digest;
    if (!there) missing.push(alias);
  }
  if (wasThere && missing.length === 0) {
    return { kind: 'retagged', wasThere, digest: base.descriptor.digest, bytesSent: 0, unmoved: [] };
  }
  const { content, index, deltas, config } = manifest;
  const blobs = [...content.map(({ descriptor }) => descriptor), index, ...deltas, config];
  if (!(await shareBlobs(base, blobs, store, signal))) return { kind: 'anew' };
  const wanted = wasThere ? undefined : reference;
  const tagged = await tagEntry({ store, reference: wanted, aliases: missing, manifest, signal });
  return { kind: 'retagged', wasThere, ...tagged };
}

function sorted(annotations: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(annotations).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
