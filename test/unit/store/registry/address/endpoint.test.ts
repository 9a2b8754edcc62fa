import { expect } from 'chai';

import { receivedBytes } from '../../../../../shared/store/registry/upload/upload-session.ts';
import { NetworkError } from '../../../../../shared/store/http/message/network-error.ts';
import type { NetworkFault } from '../../../../../shared/store/http/message/network-error.ts';
import { endpointCandidates, findEndpoint } from '../../../../../shared/store/registry/address/endpoint.ts';

const ROWS: readonly (readonly [string, boolean, readonly string[]])[] = [
  // registry, insecure, where its API may be
  ['registry.example.com', false, ['https://registry.example.com/']],
  ['registry.example.com:5000', false, ['https://registry.example.com:5000/']],
  ['registry.example.com:5000', true, ['https://registry.example.com:5000/', 'http://registry.example.com:5000/']],
  ['docker.io', false, ['https://registry-1.docker.io/']],
  ['localhost:5000', false, ['http://localhost:5000/', 'https://localhost:5000/']],
  ['127.0.0.1:5000', false, ['http://127.0.0.1:5000/', 'https://127.0.0.1:5000/']],
  ['[::1]:5000', false, ['http://[::1]:5000/', 'https://[::1]:5000/']],
  ['localhost.example.com', false, ['https://localhost.example.com/']],
  ['127.0.0.1.example.com', false, ['https://127.0.0.1.example.com/']],
  ['10.0.0.1:5000', false, ['https://10.0.0.1:5000/']],
];

describe('endpointCandidates', () => {
  for (const [registry, insecure, urls] of ROWS) {
    it(`of ${registry}${insecure ? ', insecure' : ''}: ${urls.join(' or ')}`, () => {
      expect(endpointCandidates(registry, insecure).map(({ href }) => href)).to.deep.equal(urls);
    });
  }
});

describe('findEndpoint', () => {
  const failures: readonly (readonly [string, NetworkFault, NetworkFault, string])[] = [
    ['of the last candidate', 'tls', 'refused', 'http:'],
    ['of the first one, where a proxy keeps that from being looked up', 'refused', 'lookup', 'https:'],
    ['of the lookup, where there is no such name', 'lookup', 'lookup', 'https:'],
  ];
  for (const [what, secure, plain, told] of failures) {
    it(`fails with the fault ${what}`, async () => {
      const error: unknown = await findEndpoint('registry.example.com', true, ({ protocol }) =>
        Promise.reject(new NetworkError(protocol === 'https:' ? secure : plain, protocol)),
      ).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(NetworkError).with.property('message', told);
    });
  }
});

describe('receivedBytes', () => {
  it('counts from the last byte that arrived', () => {
    const of = (range: string): number | undefined => receivedBytes(new Map([['range', range]]));
    expect(of('0-1023')).to.equal(1024);
    expect(of('bytes=0-1023')).to.equal(1024);
    expect(of('0-0')).to.equal(0);
    expect(of('5-10')).to.equal(undefined);
    expect(receivedBytes(new Map())).to.equal(undefined);
  });
});
