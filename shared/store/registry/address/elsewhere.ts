/**
 * Where a registry may send its clients: redirects, upload locations, token servers. A registry is not trusted: it may name a service that only this
 * machine or its network can reach, and learn from what happens to the request. So it may send us to itself, to public addresses, and to addresses
 * that are no nearer to this machine than its own.
 */
import { addressKind } from '../../http/connection/address-kind.ts';
import type { AddressKind } from '../../http/connection/address-kind.ts';
import { isLoopback } from '../../reference.ts';

/** What a registry with an address of one kind may send us to, besides the public. */
const ALSO: Readonly<Record<AddressKind, readonly AddressKind[]>> = {
  public: [],
  private: ['private'],
  'link-local': ['private', 'link-local'],
  loopback: ['private', 'loopback'],
};

/** The kind of the address that a registry answered at; nothing where a proxy looked it up. */
type OwnKind = AddressKind | undefined;

/** Whether we may connect to an address. The check comes with each connection, as a name may lead to another address each time. */
export function mayConnect(own: OwnKind, address: string): boolean {
  const kind = addressKind(address);
  return kind === 'public' || ALSO[own ?? 'public'].includes(kind);
}

/**
 * Whether we may follow a redirect, by its scheme. Plain HTTP is for a registry on this machine that sends us to this machine, and for an
 * insecure one itself.
 */
export function mayFollow(endpoint: URL, next: URL, insecure: boolean): boolean {
  if (next.protocol === 'https:') return true;
  if (next.protocol !== 'http:') return false;
  return (isLoopback(endpoint.host) && isLoopback(next.host)) || (insecure && next.hostname === endpoint.hostname);
}
