import { expect } from 'chai';
import { addressKind } from '../../../../../shared/store/http/connection/address-kind.ts';
import type { AddressKind } from '../../../../../shared/store/http/connection/address-kind.ts';
import { mayConnect, mayFollow } from '../../../../../shared/store/registry/address/elsewhere.ts';

const ADDRESSES: readonly (readonly [string, AddressKind])[] = [
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['0.0.0.0', 'loopback'],
  ['::1', 'loopback'],
  ['::', 'loopback'],
  ['::ffff:127.0.0.1', 'loopback'],
  ['::ffff:7f00:1', 'loopback'],
  ['169.254.169.254', 'link-local'],
  ['::ffff:169.254.169.254', 'link-local'],
  ['fe80::1', 'link-local'],
  ['10.1.2.3', 'private'],
  ['172.31.255.255', 'private'],
  ['192.168.0.1', 'private'],
  ['100.64.0.1', 'private'],
  ['fd12:3456::1', 'private'],
  ['64:ff9b::7f00:1', 'private'],
  ['224.0.0.1', 'private'],
  ['172.32.0.1', 'public'],
  ['93.184.216.34', 'public'],
  ['2606:2800:220:1::1', 'public'],
];

describe('addresses', () => {
  for (const [address, kind] of ADDRESSES) {
    it(`${address} is ${kind}`, () => expect(addressKind(address)).to.equal(kind));
  }
});

describe('what a registry may send its clients to', () => {
  const at = { public: '93.184.216.34', private: '10.1.2.3', 'link-local': '169.254.169.254', loopback: '127.0.0.1' };
  const allowed = (own: AddressKind | undefined): string[] =>
    Object.entries(at).flatMap(([kind, address]) => (mayConnect(own, address) ? [kind] : []));

  it('is the public, and what is no nearer to us than it is itself', () => {
    expect(allowed(undefined)).to.deep.equal(['public']);
    expect(allowed('public')).to.deep.equal(['public']);
    expect(allowed('private')).to.deep.equal(['public', 'private']);
    expect(allowed('link-local')).to.deep.equal(['public', 'private', 'link-local']);
    expect(allowed('loopback')).to.deep.equal(['public', 'private', 'loopback']);
  });

  it('is https, but for a registry on loopback or an insecure one itself', () => {
    const follows = (endpoint: string, next: string, insecure = false): boolean =>
      mayFollow(new URL(endpoint), new URL(next), insecure);
    expect(follows('https://r.example/', 'https://storage.example/x')).to.equal(true);
    expect(follows('https://r.example/', 'http://storage.example/x')).to.equal(false);
    expect(follows('https://r.example/', 'http://127.0.0.1/x')).to.equal(false);
    expect(follows('https://r.example/', 'http://localhost/x')).to.equal(false);
    expect(follows('https://r.example/', 'file:///etc/passwd')).to.equal(false);
    expect(follows('http://127.0.0.1:5000/', 'http://localhost:9000/x')).to.equal(true);
    expect(follows('http://r.example/', 'http://r.example:9000/x', true)).to.equal(true);
    expect(follows('http://r.example/', 'http://other.example/x', true)).to.equal(false);
  });
});
