import type { BlobRange, BlobSink, BlobSource, Descriptor, Referrer, Store, StoredManifest } from '../store.ts';
import { BlobDownload } from './blob-download.ts';
import { hasBlob } from './upload/blob-lookup.ts';
import { BlobUploader, uploadWhole } from './upload/blob-upload.ts';
import { confirmManifest, getManifest, headManifest, putManifest } from './manifests.ts';
import { listReferrers } from './referrers.ts';
import { RegistryClient } from './client/registry-client.ts';
import type { RegistryClientOptions } from './client/registry-request.ts';
import { mountBlob } from './upload/upload-session.ts';

/** One repository of an OCI registry. */
export class RegistryStore implements Store {
  readonly name: string;
  readonly #client: RegistryClient;
  readonly #uploader: BlobUploader;
  /** Manifests that were put, and read back. */
  readonly #seen = new Set<string>();

  constructor(options: RegistryClientOptions) {
    this.#client = new RegistryClient(options);
    this.#uploader = new BlobUploader(this.#client);
    this.name = this.#client.name;
  }

  get ignoresRanges(): boolean {
    return this.#client.ignoresRanges;
  }

  headManifest(reference: string, signal?: AbortSignal): Promise<Descriptor | undefined> {
    return this.#client.perform(`look up ${reference}`, signal, () =>
      this.#client.unlessRefusedToAll(reference, () => headManifest(this.#client, reference, signal)),
    );
  }

  getManifest(reference: string, signal?: AbortSignal): Promise<StoredManifest | undefined> {
    return this.#client.perform(`read the manifest ${reference}`, signal, () =>
      this.#client.unlessRefusedToAll(reference, () => getManifest(this.#client, reference, signal)),
    );
  }

  putManifest(reference: string, mediaType: string, bytes: Uint8Array, signal?: AbortSignal): Promise<Descriptor> {
    return this.#client.perform(`write the manifest ${reference}`, signal, () =>
      this.#putManifest(reference, { mediaType, bytes }, signal),
    );
  }

  async #putManifest(
    reference: string,
    manifest: { readonly mediaType: string; readonly bytes: Uint8Array },
    signal: AbortSignal | undefined,
  ): Promise<Descriptor> {
    const descriptor = await putManifest(this.#client, reference, manifest, signal);
    if (!this.#seen.has(descriptor.digest)) await confirmManifest(this.#client, descriptor.digest, signal);
    this.#seen.add(descriptor.digest);
    return descriptor;
  }

  hasBlob(digest: string, signal?: AbortSignal): Promise<boolean> {
    return this.#client.perform(`look up the blob ${digest}`, signal, () => hasBlob(this.#client, { digest }, signal));
  }

  readBlob(descriptor: Descriptor, sink: BlobSink, range?: BlobRange, signal?: AbortSignal): Promise<void> {
    const download = (): Promise<void> =>
      new BlobDownload({ client: this.#client, descriptor, range, sink, signal }).run();
    return this.#client.perform(`read the blob ${descriptor.digest}`, signal, download, descriptor.digest);
  }

  putBlob(digest: string, bytes: Uint8Array, signal?: AbortSignal, taken?: () => void): Promise<boolean> {
    return this.#client.perform(`write the blob ${digest}`, signal, () =>
      uploadWhole(this.#client, { digest, body: bytes, taken }, signal),
    );
  }

  writeBlob(mediaType: string, source: BlobSource, signal?: AbortSignal): Promise<Descriptor> {
    return this.#client.perform('write a blob', signal, () => this.#uploader.upload(mediaType, source, signal));
  }

  async mountBlob(digest: string, from: Store, signal?: AbortSignal): Promise<boolean> {
    const client = this.#client;
    if (!(from instanceof RegistryStore) || from.#client.registry !== client.registry) return false;
    const { repository } = from.#client;
    if (repository === client.repository) return this.hasBlob(digest, signal);
    return client.perform(`mount the blob ${digest} of ${repository}`, signal, () =>
      mountBlob(client, { digest, from: repository }, signal),
    );
  }

  referrers(digest: string, signal?: AbortSignal): Promise<readonly Referrer[] | undefined> {
    return this.#client.perform(`list the referrers of ${digest}`, signal, () =>
      listReferrers(this.#client, digest, signal),
    );
  }

  statement(digest: string, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    return this.#client.perform(`get a statement about ${digest}`, signal, () =>
      this.#client.statement(digest, signal),
    );
  }

  close(): Promise<void> {
    this.#client.close();
    return Promise.resolve();
  }
}
