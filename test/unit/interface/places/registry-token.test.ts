import { expect } from 'chai';

import { ERROR_CODES } from '../../../../shared/errors.ts';
import { checkRegistryToken } from '../../../../shared/interface/places/registry-token.ts';
import type { RegistryToken } from '../../../../shared/interface/places/registry-token.ts';

const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const GOOD: RegistryToken = {
  registry: 'registry.tekton-cache.svc:5000',
  realm: 'https://tokens.tekton-cache.svc/token',
  tokenFile: '/tekton-cache/registry-token/token',
  ca: CERTIFICATE + CERTIFICATE,
};

describe('the registry of the installation', () => {
  it('is a host, the address of a token server, a file, and certificates where it has its own', () => {
    checkRegistryToken(GOOD);
    const { ca: _, ...plain } = GOOD;
    checkRegistryToken({ ...plain, registry: '[::1]:5000', realm: 'https://[::1]:8443/auth/token' });
  });

  const bad: readonly (readonly [string, Partial<RegistryToken>, RegExp])[] = [
    ['a repository', { registry: 'registry.example.com/team' }, /not the host\[:port\]/],
    ['a scheme', { registry: 'https://registry.example.com' }, /registry\.example\.com/],
    ['a name that targets read as a repository', { registry: 'registry' }, /not the host\[:port\]/],
    ['a port that there is not', { registry: 'registry.example.com:70000' }, /not the host\[:port\]/],
    ['an address that there is not', { registry: '256.1.1.1' }, /not the host\[:port\]/],
    ['no registry', { registry: '' }, /image reference|host/],
    ['a realm on plain HTTP', { realm: 'http://tokens.example.com/token' }, /not an address on https/],
    ['no address as a realm', { realm: 'tokens' }, /not an address on https/],
    ['a realm with a password', { realm: 'https://a:b@tokens.example.com/' }, /without user, password/],
    ['a realm with a query', { realm: 'https://tokens.example.com/?a=b' }, /without user, password/],
    ['a relative file', { tokenFile: 'token' }, /absolute/],
    [
      'the token of the API server',
      { tokenFile: '/var/run/secrets/kubernetes.io/serviceaccount/token' },
      /token for the API server/,
    ],
    ['a file instead of certificates', { ca: '/etc/ssl/ca.crt' }, /no certificate in PEM/],
    ['more certificates than a variable holds', { ca: CERTIFICATE.repeat(1000) }, /more than 32768 characters/],
  ];
  for (const [what, change, sentence] of bad) {
    it(`is not ${what}`, () => {
      expect(() => checkRegistryToken({ ...GOOD, ...change }))
        .to.throw(sentence)
        .with.property('code', ERROR_CODES.InvalidParams);
    });
  }
});
