import { expect } from 'chai';

import { mergeScopes } from '../../../../shared/store/auth/scopes.ts';
import { parseToken, tokenRequest } from '../../../../shared/store/auth/ask-token.ts';

const realm = new URL('https://auth.example.com/token?tenant=7');
const question = {
  realm,
  service: 'registry',
  scopes: ['repository:a:pull', 'repository:b:pull'],
  credential: undefined,
  ofRegistry: false,
};

describe('tokenRequest', () => {
  it('asks anonymously with one parameter a scope, keeping the realm’s query', () => {
    const { method, url, headers } = tokenRequest(question);
    expect(method).to.equal('GET');
    expect(url.href).to.equal(
      'https://auth.example.com/token?tenant=7&service=registry&scope=repository%3Aa%3Apull&scope=repository%3Ab%3Apull',
    );
    expect(headers).to.not.have.property('authorization');
  });

  it('proves a user with Basic', () => {
    const credential = { kind: 'password', username: 'ümit', password: 'pä:ss', origin: 'x' } as const;
    const { url, headers } = tokenRequest({ ...question, credential });
    expect(url.searchParams.get('account')).to.equal('ümit');
    expect(url.href).to.not.include('ss');
    expect(headers?.['authorization']).to.equal(`Basic ${Buffer.from('ümit:pä:ss').toString('base64')}`);
  });

  it('trades an identity token in a form', () => {
    const credential = { kind: 'identity-token', token: 'refresh&me', origin: 'x' } as const;
    const { method, url, body } = tokenRequest({ ...question, credential });
    expect(method).to.equal('POST');
    expect(url.href).to.equal(realm.href);
    const form = new URLSearchParams(Buffer.from(body instanceof Uint8Array ? body : []).toString());
    expect(Object.fromEntries(form)).to.deep.equal({
      grant_type: 'refresh_token',
      refresh_token: 'refresh&me',
      client_id: 'tekton-cache',
      service: 'registry',
      scope: 'repository:a:pull repository:b:pull',
    });
  });
});

describe('parseToken', () => {
  it('takes `token`, or `access_token` where there is none, or it is empty', () => {
    expect(parseToken('{"token":"a","access_token":"b"}')?.value).to.equal('a');
    for (const without of ['', '"token":"",', '"token":null,'])
      expect(parseToken(`{${without}"access_token":"b"}`)?.value, without).to.equal('b');
  });

  it('renews a token before it runs out', () => {
    expect(parseToken('{"token":"a","expires_in":300}')?.lifetimeMs).to.equal(290_000);
    expect(parseToken('{"token":"a","expires_in":10}')?.lifetimeMs).to.equal(9_000);
    expect(parseToken('{"token":"a"}')?.lifetimeMs).to.equal(54_000);
  });

  it('takes the words for kept back pushes that it knows, and when to ask again', () => {
    const answer = { token: 'a', refused: ['a sentence', 7], withheld: ['collection', 'unheard'], retry_after: 12 };
    expect(parseToken(JSON.stringify(answer))).to.include({ askAgainMs: 12_000 });
    expect(parseToken(JSON.stringify(answer))).to.deep.include({ refused: ['a sentence'], withheld: ['collection'] });
    for (const retry_after of [-1, '5', null])
      expect(parseToken(JSON.stringify({ ...answer, retry_after }))).to.not.have.property('askAgainMs');
  });

  it('knows what is no token', () => {
    for (const text of ['', '[]', 'null', '{"token":""}', '{"token":7}', '<html>'])
      expect(parseToken(text), text).to.equal(undefined);
  });
});

describe('mergeScopes', () => {
  it('joins the actions of one repository', () => {
    expect(mergeScopes(['repository:a:pull', 'repository:b:pull', 'repository:a:push,pull', 'junk'])).to.deep.equal([
      'repository:a:pull,push',
      'repository:b:pull',
    ]);
  });
});
