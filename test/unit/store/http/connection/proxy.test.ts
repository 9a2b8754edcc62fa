import { expect } from 'chai';

import { proxyFor } from '../../../../../shared/store/http/connection/proxy.ts';

const HTTPS_PROXY = 'http://user:pass@proxy.example.com:3128';

const through = (url: string, environment: Record<string, string>): string | undefined =>
  proxyFor(new URL(url), environment)?.host;

describe('proxyFor', () => {
  it('is for TLS, and lower case wins', () => {
    expect(through('https://registry.example.com', { HTTPS_PROXY })).to.equal('proxy.example.com:3128');
    expect(through('https://registry.example.com', { HTTPS_PROXY, https_proxy: 'other:1' })).to.equal('other:1');
    expect(through('http://registry.example.com', { HTTPS_PROXY, HTTP_PROXY: HTTPS_PROXY })).to.equal(undefined);
    expect(through('https://registry.example.com', {})).to.equal(undefined);
  });

  it('is not for loopback', () => {
    for (const url of ['https://localhost:5000', 'https://127.0.0.1', 'https://[::1]:5000']) {
      expect(through(url, { HTTPS_PROXY }), url).to.equal(undefined);
    }
  });

  for (const [rule, url, exempt] of [
    ['*', 'https://registry.example.com', true],
    ['example.com', 'https://registry.example.com', true],
    ['.example.com', 'https://registry.example.com', true],
    ['*.example.com', 'https://registry.example.com', true],
    ['example.com', 'https://badexample.com', false],
    ['other.com, registry.example.com', 'https://registry.example.com', true],
    ['registry.example.com:5000', 'https://registry.example.com:5000', true],
    ['registry.example.com:5000', 'https://registry.example.com', false],
    ['registry.example.com:443', 'https://registry.example.com', true],
    ['10.0.0.0/8', 'https://10.1.2.3:5000', true],
    ['10.0.0.0/8', 'https://11.1.2.3:5000', false],
    ['10.0.0.0/8', 'https://registry.example.com', false],
    ['10.1.2.3', 'https://10.1.2.3:5000', true],
    ['fd00::/8', 'https://[fd00::1]:5000', true],
    ['', 'https://registry.example.com', false],
  ] as const) {
    it(`NO_PROXY=${rule} ${exempt ? 'exempts' : 'does not exempt'} ${url}`, () => {
      const expected = exempt ? undefined : 'proxy.example.com:3128';
      expect(through(url, { HTTPS_PROXY, NO_PROXY: rule })).to.equal(expected);
    });
  }
});
