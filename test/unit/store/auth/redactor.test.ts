import { expect } from 'chai';
import { Redactor } from '../../../../shared/store/auth/redactor.ts';

const hidden = (text: string, ...values: readonly string[]): string => {
  const redactor = new Redactor();
  redactor.add(...values);
  return redactor.hide(text);
};

describe('a secret in a message', () => {
  const SECRET = 'p&ss wörd/"+~!\\';
  const bytes = Buffer.from(SECRET, 'utf8');
  for (const [how, form] of [
    ['as it is', SECRET],
    ['of an address', encodeURIComponent(SECRET)],
    ['of a form', new URLSearchParams({ a: SECRET }).toString().slice(2)],
    ['of JSON', JSON.stringify({ a: SECRET }).slice(6, -2)],
    [
      'of JSON as Go writes it',
      JSON.stringify({ a: SECRET })
        .slice(6, -2)
        .replace('&', String.raw`\u0026`),
    ],
    ['in base64', bytes.toString('base64')],
    ['in base64 for addresses', bytes.toString('base64url')],
  ] as const) {
    it(`is hidden ${how}`, () => {
      expect(hidden(`the server says: ${form}!`, SECRET)).to.equal('the server says: ***!');
    });
  }

  it('is hidden whole where another one is a part of it, whatever the order', () => {
    for (const values of [
      ['token', 'token-of-the-build'],
      ['token-of-the-build', 'token'],
    ]) {
      expect(hidden('a token-of-the-build, and a token', ...values)).to.equal('a ***, and a ***');
    }
  });

  it('may hold what no UTF-8 can: it is hidden, and so are the others', () => {
    const half = 'half \ud800 of a pair';
    expect(hidden(`${half}, ${half.toWellFormed()} and secret`, half, 'secret')).to.equal('***, *** and ***');
  });

  it('is not looked for where it is as short as an ordinary word', () => {
    expect(hidden('a tag is not there', 'tag', '')).to.equal('a tag is not there');
  });
});
