/** The input that all ways of restoring share, and the result that each of them returns. */
import type { Pace } from '../../pace.ts';
import type { Workspace } from '../../archive/commit/workspace.ts';
import type { StoredManifest } from '../../store/store.ts';
import type { EntryOrigin } from '../manifest/manifest.ts';
import type { EntryFetch, EntryLimits } from '../entry.ts';
import type { OlderTimes } from '../source-times.ts';

/** A fetch on its way. */
export interface FetchWork {
  readonly request: EntryFetch;
  readonly manifest: StoredManifest;
  /** Set for an image that is an entry, or was one. */
  readonly origin: EntryOrigin | undefined;
  readonly workspace: Workspace;
  readonly limits: EntryLimits;
  /** Asked between two steps of long work: throws where a deadline, a cancellation or a lost lock ends the fetch. */
  readonly attend: () => void;
  /** The rests in long work of the main thread; each rest calls `attend`. */
  readonly pace: Pace;
  /** The rests in what has to come to its end once the directory has changed: only a lost lock ends it. */
  readonly lastPace: Pace;
  /** Undefined where files come with the times that the entry says. */
  readonly older: OlderTimes | undefined;
}

/** What a directory became, or is already. */
export interface Restored {
  /** Bytes of content of the entry. */
  readonly size: number;
  readonly files: number;
  readonly bytesReceived: number;
  readonly annotations: Readonly<Record<string, string>>;
  /** The directory is as it was found. */
  readonly unchanged: boolean;
  readonly notes: readonly string[];
}
