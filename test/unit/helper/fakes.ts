import type {
  EntryFetch,
  EntryJoin,
  EntryPort,
  EntryUpload,
  FetchOutcome,
  UploadOutcome,
} from '../../../shared/entry/entry.ts';
import type { CacheRequest } from '../../../shared/request/protocol.ts';

/** Entries by `registry/repository:tag`, with outcomes that a real store does not have on demand. */
export class FakeEntries implements EntryPort {
  readonly stored = new Map<string, FetchOutcome>();
  readonly pushed = new Map<string, UploadOutcome>();
  readonly errors = new Map<string, Error>();
  readonly fetched: string[] = [];
  readonly uploads: EntryUpload[] = [];
  readonly joined: string[][] = [];
  /** Work that only the signal ends. */
  hang = false;

  async fetch({ store, reference, signal }: EntryFetch): Promise<FetchOutcome> {
    const name = `${store.name}:${reference}`;
    this.fetched.push(name);
    await this.#work(name, signal);
    return this.stored.get(name) ?? { found: false };
  }

  async join({ nodes, base }: EntryJoin): Promise<FetchOutcome> {
    const parts = [...base, ...nodes.flatMap((node) => node.parts)];
    const names = parts.map(({ store, reference }) => `${store.name}:${reference}`);
    this.joined.push(names);
    return names.map((name) => this.stored.get(name)).find((outcome) => outcome !== undefined) ?? { found: false };
  }

  async upload(upload: EntryUpload): Promise<UploadOutcome> {
    this.uploads.push(upload);
    const name = `${upload.store.name}:${upload.reference}`;
    await this.#work(name, upload.signal);
    return this.pushed.get(name) ?? { ...pushed(), uploaded: false, reason: 'unchanged', bytesSent: 0 };
  }

  async #work(name: string, signal: AbortSignal | undefined): Promise<void> {
    const error = this.errors.get(name);
    if (error !== undefined) throw error;
    if (!this.hang || signal === undefined) return;
    const stopped = Promise.withResolvers<never>();
    const stop = (): void => stopped.reject(signal.reason instanceof Error ? signal.reason : new Error('stopped'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    await stopped.promise;
  }
}

export function found(): FetchOutcome & { readonly found: true } {
  return { found: true, digest: 'sha256:1', size: 1200, bytesReceived: 400, files: 3, annotations: {}, notes: [] };
}

export function pushed(): UploadOutcome {
  return { uploaded: true, reason: 'pushed', digest: 'sha256:2', size: 1200, bytesSent: 300, notes: [] };
}

/** A fetch of one cache. What is given as undefined is left out. */
export function request(given: {
  readonly [Name in keyof CacheRequest]?: CacheRequest[Name] | undefined;
}): CacheRequest {
  const defaults: CacheRequest = {
    verb: 'fetch',
    target: 'r.example/app:{{hash}}',
    files: [],
    caches: [{ name: 'cache', dir: '/workspace/cache' }],
    paths: [],
    exclude: [],
    fallbacks: [],
    aliases: [],
    mode: 'pull-push',
    onMiss: 'continue',
    onError: 'continue',
    clean: false,
    force: false,
    maxTimeMs: 0,
    insecure: false,
    dockerConfigs: [],
    variables: {},
  };
  const merged: CacheRequest = JSON.parse(JSON.stringify({ ...defaults, ...given }));
  return merged;
}
