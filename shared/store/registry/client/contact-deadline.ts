import { NetworkError } from '../../http/message/network-error.ts';

/**
 * The time that a registry has for its first answer of all, tries and waits included. One that swallows packets is to cost a build
 * seconds; one that has answered gets the patience of every single request.
 */
export class ContactDeadline {
  readonly #milliseconds: number;
  readonly #end = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  /** A signal that also aborts, with a `NetworkError`, when the time is up. The time begins with the first call. */
  within(signal: AbortSignal | undefined): AbortSignal | undefined {
    if (this.#isOver) return signal;
    // The wait for an answer keeps the process alive, so this timer need not.
    this.#timer ??= setTimeout(() => this.#giveUp(), this.#milliseconds).unref();
    return signal ? AbortSignal.any([signal, this.#end.signal]) : this.#end.signal;
  }

  /** Ends the deadline: the registry has answered. */
  over(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #giveUp(): void {
    this.#end.abort(new NetworkError('connect-timeout', `it gave no answer in ${this.#milliseconds} ms`));
  }
}
