import type { RegistryToken } from '../../../interface/places/registry-token.ts';
import { addressKind } from '../../http/connection/address-kind.ts';
import { mayConnect, mayFollow } from './elsewhere.ts';
import { endpointCandidates } from './endpoint.ts';

/** `installation`: of the installation's own authority where it has one, and public ones otherwise. */
export type Authority = 'public' | 'installation' | 'anyone';

/** Which addresses are the registry's own, and where it may send us: the rules of `elsewhere.ts` for one registry, as far as it is known. */
export class TrustedAddresses {
  readonly #candidates: readonly URL[];
  readonly #insecure: boolean;
  readonly #hostname: string;
  /** The origin of the installation's token server, where this is the installation's registry. */
  readonly #tokenServer: string | undefined;
  #plain = false;
  /** Where the registry answered. Its kind takes a millisecond to tell, and is asked for only when the registry sends us elsewhere. */
  #ownAddress: string | undefined;

  constructor(registry: string, insecure: boolean, registryToken?: RegistryToken) {
    this.#candidates = endpointCandidates(registry, insecure);
    this.#insecure = insecure;
    this.#hostname = new URL(`https://${registry}/`).hostname;
    this.#tokenServer = registryToken && new URL(registryToken.realm).origin;
  }

  /** The registry answers here. */
  foundAt(endpoint: URL): void {
    this.#plain = endpoint.protocol === 'http:';
  }

  connected(url: URL, address: string | undefined): void {
    if (this.#isOwn(url) && address !== undefined) this.#ownAddress = address;
  }

  /**
   * Who has to have signed the certificates of this host. Those of an insecure registry are not looked at, as the user wants; that
   * of the token server always is, or who has its name on the way there gets the pod's token.
   */
  authorityOf(url: URL): Authority {
    if (this.#isTokenServer(url)) return 'installation';
    if (this.#insecure && url.hostname === this.#hostname) return 'anyone';
    return this.#isOwn(url) ? 'installation' : 'public';
  }

  /** The addresses of the registry and of the installation's token server are somebody's choice, whatever they are. */
  mayConnect(url: URL, address: string): boolean {
    if (this.#isOwn(url) || this.#isTokenServer(url)) return true;
    return mayConnect(this.#ownAddress === undefined ? undefined : addressKind(this.#ownAddress), address);
  }

  mayFollow(url: URL): boolean {
    const [endpoint = url] = this.#candidates;
    return mayFollow(endpoint, url, this.#insecure);
  }

  /** An insecure registry on plain HTTP may have its token server anywhere: what it protects travels in the open. */
  trustsRealm(realm: URL): boolean {
    return this.mayFollow(realm) || (this.#insecure && this.#plain && realm.protocol === 'http:');
  }

  #isTokenServer(url: URL): boolean {
    return url.origin === this.#tokenServer;
  }

  /** The registry itself: its address is the user's choice. */
  #isOwn(url: URL): boolean {
    return this.#candidates.some(({ host }) => host === url.host);
  }
}
