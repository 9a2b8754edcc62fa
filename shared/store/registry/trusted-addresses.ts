import { addressKind } from '../http/connection/address-kind.ts';
import { mayConnect, mayFollow } from './elsewhere.ts';
import type { OwnKind } from './elsewhere.ts';
import { endpointCandidates } from './endpoint.ts';

/** Which addresses are the registry's own, and where it may send us: the rules of `elsewhere.ts` for one registry, as far as it is known. */
export class TrustedAddresses {
  readonly #candidates: readonly URL[];
  readonly #insecure: boolean;
  readonly #hostname: string;
  #plain = false;
  #ownKind: OwnKind;

  constructor(registry: string, insecure: boolean) {
    this.#candidates = endpointCandidates(registry, insecure);
    this.#insecure = insecure;
    this.#hostname = new URL(`https://${registry}/`).hostname;
  }

  /** The registry answers here. */
  foundAt(endpoint: URL): void {
    this.#plain = endpoint.protocol === 'http:';
  }

  connected(url: URL, address: string | undefined): void {
    if (this.#isOwn(url) && address !== undefined) this.#ownKind = addressKind(address);
  }

  /** Certificates of this host are not looked at, as the user wants. */
  isInsecure(url: URL): boolean {
    return this.#insecure && url.hostname === this.#hostname;
  }

  mayConnect(url: URL, address: string): boolean {
    return this.#isOwn(url) || mayConnect(this.#ownKind, address);
  }

  mayFollow(url: URL): boolean {
    const [endpoint = url] = this.#candidates;
    return mayFollow(endpoint, url, this.#insecure);
  }

  /** An insecure registry on plain HTTP may have its token server anywhere: what it protects travels in the open. */
  trustsRealm(realm: URL): boolean {
    return this.mayFollow(realm) || (this.#insecure && this.#plain && realm.protocol === 'http:');
  }

  /** The registry itself: its address is the user's choice. */
  #isOwn(url: URL): boolean {
    return this.#candidates.some(({ host }) => host === url.host);
  }
}
