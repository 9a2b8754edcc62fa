import { expect } from 'chai';

import { NetworkError } from '../../../../shared/store/http/message/network-error.ts';
import { isTransient, RETRY_POLICY, retryDelay } from '../../../../shared/store/retry/retry-policy.ts';
import { parseRetryAfter, printable, StatusError } from '../../../../shared/store/http/message/status-error.ts';

const answered = (status: number, retryAfterMs?: number): StatusError =>
  new StatusError({ status, url: new URL('https://r.example.com/') }, { body: '', hide: String }, retryAfterMs);

describe('retryDelay', () => {
  it('doubles what the wait is drawn from, up to a cap', () => {
    const longest = [1, 2, 3, 4].map((failures) => retryDelay(answered(503), failures, RETRY_POLICY, 1));
    expect(longest).to.deep.equal([300, 600, 1200, 2400]);
    expect(retryDelay(answered(503), 4, { ...RETRY_POLICY, capMs: 500 }, 1)).to.equal(500);
    expect(retryDelay(answered(503), 4, RETRY_POLICY, 0)).to.equal(0);
  });

  it('gives up after the last try', () => {
    expect(retryDelay(answered(503), RETRY_POLICY.attempts, RETRY_POLICY, 0)).to.equal(undefined);
  });

  it('waits as long as the server asks, and gives up where it asks for too long', () => {
    expect(retryDelay(answered(429, 2000), 1, RETRY_POLICY, 0)).to.equal(2000);
    expect(retryDelay(answered(429, 3_600_000), 1, RETRY_POLICY, 0)).to.equal(undefined);
  });

  it('repeats what may pass, and nothing else', () => {
    for (const status of [408, 429, 500, 502, 503, 504])
      expect(isTransient(answered(status)), `${status}`).to.equal(true);
    for (const status of [400, 401, 403, 404, 405, 413, 416])
      expect(isTransient(answered(status)), `${status}`).to.equal(false);
    for (const fault of ['refused', 'connect-timeout', 'stall', 'cut', 'protocol'] as const) {
      expect(isTransient(new NetworkError(fault, '')), fault).to.equal(true);
    }
    for (const fault of ['lookup', 'tls'] as const)
      expect(isTransient(new NetworkError(fault, '')), fault).to.equal(false);
    expect(isTransient(new Error('of a sink'))).to.equal(false);
  });
});

describe('parseRetryAfter', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');

  it('reads seconds and dates', () => {
    expect(parseRetryAfter('7', now)).to.equal(7000);
    expect(parseRetryAfter('Thu, 01 Jan 2026 00:00:30 GMT', now)).to.equal(30_000);
    expect(parseRetryAfter('Wed, 31 Dec 2025 00:00:00 GMT', now)).to.equal(0);
    expect(parseRetryAfter('soon', now)).to.equal(undefined);
    expect(parseRetryAfter(undefined, now)).to.equal(undefined);
  });
});

describe('StatusError', () => {
  it('quotes what the registry says', () => {
    const body =
      '{"errors":[{"code":"DENIED","message":"quota exceeded","detail":{"digest":"sha256:1"}},{"code":"X"}]}';
    const error = new StatusError(
      { status: 403, url: new URL('https://r.example.com/') },
      { body, hide: String },
      undefined,
    );
    expect(error.message).to.equal('answered 403 (DENIED: quota exceeded; X)');
    expect(error.reports('DENIED')).to.equal(true);
  });

  it('quotes other text, but no page', () => {
    const said = (body: string): string =>
      new StatusError({ status: 502, url: new URL('https://r.example.com/') }, { body, hide: String }, undefined)
        .message;
    expect(said('upstream is\ndown')).to.equal('answered 502 (upstream is down)');
    expect(said('<html><body>Bad Gateway</body></html>')).to.equal('answered 502');
    expect(said('')).to.equal('answered 502');
  });

  it('lets nothing through that moves a cursor or fills a log', () => {
    expect(printable('a\u001b[2Jb\r\nc\u202ed')).to.equal('a [2Jb c d');
    expect(printable('x'.repeat(10_000))).to.have.length(303);
  });
});
