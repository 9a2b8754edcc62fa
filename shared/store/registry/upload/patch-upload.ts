import type { BodySource } from '../../http/message/http-message.ts';
import { NetworkError } from '../../http/message/network-error.ts';
import { isTransient } from '../../retry/retry-policy.ts';
import type { RetryBudget } from '../../retry/retry-budget.ts';
import { StatusError } from '../../http/message/status-error.ts';
import { ChunkSize } from './chunk-size.ts';
import { commitWithRetries } from './retried-commit.ts';
import { Meeting } from './meeting.ts';
import { ReplayWindow } from './replay-window.ts';
import type { RegistryClient } from '../client/registry-client.ts';
import type { RegistryRequest } from '../client/registry-request.ts';
import {
  ChunksRefused,
  isChunkRefusal,
  isMisunderstanding,
  isSessionLost,
  isStreamRefusal,
  isTooLong,
  StreamRefused,
  UploadLost,
} from './upload-failure.ts';
import type { Resumption } from './upload-failure.ts';
import { askReceived, openUpload, sendPart } from './upload-session.ts';
import type { UploadSession } from './upload-session.ts';

/**
 * `stream`: all in one request, as it comes. `chunks`: requests of a known length, which a registry or a proxy with limits takes, and
 * which can each be repeated.
 */
export type UploadMode = 'stream' | 'chunks';

interface PatchUploadOptions {
  readonly client: RegistryClient;
  readonly uploadMode: UploadMode;
  /** Goes on with an upload of which the registry has the first bytes. */
  readonly from?: Resumption | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Given to the connection at a time. */
const SLICE_BYTES = 1024 * 1024;
/** Sent bytes of a stream that are kept: more than two machines have on the way between them, as a rule. */
const REPLAY_BYTES = 8 * 1024 * 1024;
/** A transfer that got this far since its last failure is going well: it has all its tries again. */
const PROGRESS_BYTES = 1024 * 1024;

/**
 * One upload whose end is not known when it begins. It begins as a stream; what a stream that broke off, or paused, has left over goes in
 * chunks. Memory is the window: the bytes written and not sent, and in a stream the last ones that were.
 */
export class PatchUpload {
  readonly #client: RegistryClient;
  readonly #uploadMode: UploadMode;
  readonly #window: ReplayWindow;
  readonly #abort = new AbortController();
  /** Where the source and the sending wait for each other. */
  readonly #meeting: Meeting;
  readonly #signal: AbortSignal;
  readonly #budget: RetryBudget;
  readonly #chunkSize = new ChunkSize();
  #session: UploadSession | undefined;
  /** Bytes that the source has to give again, which the registry has. */
  #skip: number;
  /** Bytes that the registry has. */
  #received: number;
  /** Bytes that went to the connection. */
  #sent: number;
  #ended = false;
  #sending: Promise<void> | undefined;

  constructor({ client, uploadMode, from, signal }: PatchUploadOptions) {
    const offset = from?.offset ?? 0;
    this.#client = client;
    this.#uploadMode = uploadMode;
    this.#session = from?.session;
    this.#window = new ReplayWindow(offset);
    this.#skip = offset;
    this.#received = offset;
    this.#sent = offset;
    this.#signal = signal ? AbortSignal.any([signal, this.#abort.signal]) : this.#abort.signal;
    this.#meeting = new Meeting(this.#signal);
    this.#budget = client.budget(this.#signal);
  }

  /**
   * Takes the next bytes, which must stay as they are until `done` is called. Settles when more may come. Fails with `StreamRefused`, `ChunksRefused`,
   * `UploadLost` or the registry's errors.
   */
  async write(bytes: Uint8Array, done?: () => void): Promise<void> {
    const skipped = Math.min(this.#skip, bytes.length);
    this.#skip -= skipped;
    this.#window.add(bytes.subarray(skipped), done);
    this.#sending ??= this.#sendAll();
    this.#meeting.tell();
    await this.#meeting.until(() => this.#window.end - this.#sent <= this.#ahead);
  }

  /** @param taken told when the registry has all bytes, before it is asked to make a blob of them */
  async commit(digest: string, taken?: () => void): Promise<void> {
    this.#ended = true;
    this.#meeting.tell();
    await this.#sending;
    this.#meeting.check();
    taken?.();
    await commitWithRetries(this.#client, { location: this.#place.location, digest }, this.#signal);
  }

  /** Ends what is under way; harmless after the end. */
  async abandon(): Promise<void> {
    this.#abort.abort();
    await this.#sending;
  }

  /** The first request of a stream is the only one: crane's registry takes no second one that does not say where it belongs. */
  get #streams(): boolean {
    return this.#uploadMode === 'stream' && this.#received === 0;
  }

  /** How far the source may be ahead: in chunks the next one is gathered while one is sent. */
  get #ahead(): number {
    return this.#streams ? 0 : 2 * this.#chunkBytes;
  }

  get #chunkBytes(): number {
    return this.#chunkSize.after(this.#received, this.#session?.minChunkBytes ?? 0);
  }

  get #place(): UploadSession {
    if (!this.#session) throw new RangeError('an upload that was never begun');
    return this.#session;
  }

  async #sendAll(): Promise<void> {
    try {
      const client = this.#client;
      this.#session ??= await client.budget(this.#signal).run(() => openUpload(client, this.#signal));
      while (await this.#isMore()) await this.#advance();
    } catch (error) {
      this.#meeting.fail(error);
    }
  }

  /** Waits until there is enough for the next request; false at the end. */
  async #isMore(): Promise<boolean> {
    const least = (): number => (this.#streams ? 1 : this.#chunkBytes);
    await this.#meeting.until(() => this.#ended || this.#window.end - this.#received >= least());
    return this.#window.end > this.#received;
  }

  /** Sends one request. Where it fails and there is another try, the next request has what is left. */
  async #advance(): Promise<void> {
    const isStream = this.#streams;
    try {
      await (isStream ? this.#stream() : this.#chunk());
    } catch (error) {
      this.#signal.throwIfAborted();
      if (isStream && isStreamRefusal(error)) throw new StreamRefused(error);
      if (isChunkRefusal(error, this.#received)) throw new ChunksRefused('the registry takes no chunks');
      if (isSessionLost(error)) throw new UploadLost(error);
      const isShorter = isTooLong(error) && this.#chunkSize.shorten(this.#chunkBytes);
      if (!isShorter) {
        await this.#budget.spend(isMisunderstanding(error) ? new NetworkError('protocol', error.message) : error);
      }
      await this.#resume(error);
    }
  }

  async #stream(): Promise<void> {
    let isWhole = false;
    const run: BodySource['run'] = async (send) => {
      this.#sent = this.#received;
      while (await this.#untilUnsent()) await this.#sendSlice(send, Infinity);
      isWhole = true;
    };
    // A proxy may have all of it before the registry has any.
    await this.#patch({ length: undefined, run }, { answerMs: this.#client.timeouts.commitMs });
    if (!isWhole) throw new NetworkError('protocol', `${this.#client.registry} answered before it had everything`);
    this.#confirm(this.#sent);
  }

  async #chunk(): Promise<void> {
    const start = this.#received;
    const end = Math.min(start + this.#chunkBytes, this.#window.end);
    const run: BodySource['run'] = async (send) => {
      this.#sent = start;
      while (this.#sent < end) await this.#sendSlice(send, end - this.#sent);
    };
    await this.#patch({ length: end - start, run }, { headers: { 'content-range': `${start}-${end - 1}` } });
    this.#confirm(end);
  }

  async #patch(body: BodySource, more: Pick<RegistryRequest, 'headers' | 'answerMs'>): Promise<void> {
    this.#session = await sendPart(this.#client, this.#place, { ...more, body }, this.#signal);
  }

  async #sendSlice(send: (bytes: Uint8Array) => Promise<void>, limit: number): Promise<void> {
    const slice = this.#window.at(this.#sent, Math.min(SLICE_BYTES, limit));
    await send(slice);
    this.#sent += slice.length;
    if (this.#streams) this.#window.forget(this.#sent - REPLAY_BYTES);
    this.#meeting.tell();
  }

  /** True when there is something to send; false at the end, and when nothing comes for long: a server would give up an idle request. */
  async #untilUnsent(): Promise<boolean> {
    const isUnsent = (): boolean => this.#window.end > this.#sent;
    let isIdle = false;
    const idle = setTimeout(() => {
      isIdle = true;
      this.#meeting.tell();
    }, this.#client.timeouts.stallMs / 4);
    try {
      await this.#meeting.until(() => isUnsent() || this.#ended || isIdle);
      return isUnsent();
    } finally {
      clearTimeout(idle);
    }
  }

  /**
   * Asks how much has arrived, and goes on from there. docker-registry 2 knows no upload any more of which a request broke off: its
   * locations are bound to an offset.
   */
  async #resume(error: unknown): Promise<void> {
    const { received, session } = await this.#askReceived(error);
    if (received === undefined || received < this.#received || received > this.#window.end) throw new UploadLost(error);
    if (received < this.#window.start) throw new UploadLost(error, { session, offset: received });
    this.#session = session;
    this.#confirm(received);
  }

  async #askReceived(error: unknown): ReturnType<typeof askReceived> {
    try {
      return await askReceived(this.#client, this.#place, this.#signal);
    } catch (refusal) {
      if (refusal instanceof StatusError && !isTransient(refusal)) throw new UploadLost(error);
      throw refusal;
    }
  }

  #confirm(received: number): void {
    if (received - this.#received >= PROGRESS_BYTES) this.#budget.refill();
    this.#received = received;
    this.#sent = received;
    this.#window.forget(received);
    this.#meeting.tell();
  }
}
