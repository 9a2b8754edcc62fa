import { expect } from 'chai';
import * as fc from 'fast-check';

import { bodyFraming } from '../../../../shared/store/http/message/body-framing.ts';
import { NetworkError } from '../../../../shared/store/http/message/network-error.ts';
import { endOfHead, parseHead } from '../../../../shared/store/http/message/response-head.ts';

const head = (...lines: readonly string[]): ReturnType<typeof parseHead> =>
  parseHead(Buffer.from([...lines, '', ''].join('\r\n'), 'latin1'));

/** The body that comes out when its bytes come in pieces of the given sizes. */
const decode = (
  lines: readonly string[],
  bytes: Buffer,
  sizes: readonly number[] = [],
): { body: string; done: boolean } => {
  const framing = bodyFraming('GET', head(...lines));
  const parts: Buffer[] = [];
  let at = 0;
  for (const size of [...sizes, bytes.length]) {
    if (at < bytes.length) parts.push(...framing.take(bytes.subarray(at, at + size)));
    at += size;
  }
  return { body: Buffer.concat(parts).toString('latin1'), done: framing.done };
};

const OK = 'HTTP/1.1 200 OK';
const CHUNKED = [OK, 'Transfer-Encoding: chunked'];

describe('parseHead', () => {
  it('reads status and headers, whatever their case', () => {
    const { status, headers, persistent } = head(OK, 'Content-LENGTH:  12 ', 'X-Empty:', 'Via: a', 'via: b');
    expect(status).to.equal(200);
    expect(Object.fromEntries(headers)).to.deep.equal({ 'content-length': '12', 'x-empty': '', via: 'a, b' });
    expect(persistent).to.equal(true);
  });

  it('knows which connections end', () => {
    expect(head(OK, 'Connection: close').persistent).to.equal(false);
    expect(head('HTTP/1.0 200 OK').persistent).to.equal(false);
    expect(head('HTTP/1.0 200 OK', 'Connection: Keep-Alive').persistent).to.equal(true);
    expect(head('HTTP/1.1 404').status).to.equal(404);
  });

  for (const [what, lines] of [
    ['another protocol', ['SSH-2.0-OpenSSH_9.2']],
    ['a folded header', [OK, 'A: b', ' c']],
    ['a header without a name', [OK, ': b']],
    ['a space before the colon', [OK, 'Content-Length : 5']],
    ['two different lengths', [OK, 'Content-Length: 5', 'Content-Length: 6']],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => head(...lines))
        .to.throw(NetworkError)
        .with.property('fault', 'protocol');
    });
  }

  it('bounds the head', () => {
    expect(endOfHead(Buffer.from('HTTP/1.1 200 OK\r\n'))).to.equal(undefined);
    expect(endOfHead(Buffer.from('HTTP/1.1 200 OK\r\n\r\nbody'))).to.equal(19);
    expect(() => endOfHead(Buffer.alloc(70_000, 'a'))).to.throw(NetworkError);
  });
});

describe('bodyFraming', () => {
  it('takes as many bytes as are announced', () => {
    expect(decode([OK, 'Content-Length: 5'], Buffer.from('hello'), [2])).to.deep.equal({ body: 'hello', done: true });
    expect(decode([OK, 'Content-Length: 5'], Buffer.from('hell'))).to.deep.equal({ body: 'hell', done: false });
    expect(() => decode([OK, 'Content-Length: 5'], Buffer.from('hello!'))).to.throw(NetworkError);
    expect(() => decode([OK, 'Content-Length: -5'], Buffer.from(''))).to.throw(NetworkError);
  });

  it('has no body where there is none', () => {
    expect(bodyFraming('HEAD', head(OK, 'Content-Length: 5')).done).to.equal(true);
    expect(bodyFraming('GET', head('HTTP/1.1 204 No Content')).done).to.equal(true);
    expect(bodyFraming('GET', head(OK, 'Content-Length: 0')).done).to.equal(true);
  });

  it('takes everything until the end where nothing is announced', () => {
    expect(bodyFraming('GET', head(OK))).to.include({ endsWithConnection: true, done: false });
  });

  it('reads chunks, their extensions and trailers', () => {
    const bytes = Buffer.from('5;a=b\r\nhello\r\n1 \r\n!\r\n0\r\nX-Sum: 1\r\n\r\n');
    expect(decode(CHUNKED, bytes)).to.deep.equal({ body: 'hello!', done: true });
    // A length beside it means nothing (RFC 9112, section 6.3).
    expect(decode([...CHUNKED, 'Content-Length: 2'], bytes).body).to.equal('hello!');
  });

  for (const bytes of ['x\r\n', '-5\r\nhello\r\n', '5\r\nhello!\r\n', '0\r\n\r\nmore', '1'.repeat(5000)]) {
    it(`refuses the chunks ${JSON.stringify(bytes.slice(0, 20))}`, () => {
      expect(() => decode(CHUNKED, Buffer.from(bytes)))
        .to.throw(NetworkError)
        .with.property('fault', 'protocol');
    });
  }

  it('refuses encodings that it does not know', () => {
    expect(() => decode([OK, 'Transfer-Encoding: gzip, chunked'], Buffer.from(''))).to.throw(NetworkError);
  });

  it('reads the same body however the bytes are cut', () => {
    const chunks = fc.array(
      fc.string({ minLength: 1, maxLength: 40 }).map((text) => Buffer.from(text).toString('latin1')),
    );
    fc.assert(
      fc.property(chunks, fc.array(fc.integer({ min: 1, max: 7 })), (texts, sizes) => {
        const coded = texts.map((text) => `${text.length.toString(16)}\r\n${text}\r\n`).join('');
        const bytes = Buffer.from(`${coded}0\r\n\r\n`, 'latin1');
        expect(decode(CHUNKED, bytes, sizes)).to.deep.equal({ body: texts.join(''), done: true });
      }),
    );
  });
});
