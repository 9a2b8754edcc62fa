import { expect } from 'chai';

import { ERROR_CODES } from '../../../../shared/errors.ts';
import { sha256 } from '../../../../shared/store/digest.ts';
import { MANIFEST_BYTES } from '../../../../shared/store/store.ts';
import { change, FaultBench, flipped, MANIFESTS, refusal, status, withBody, withUnknownBody } from '../fault-bench.ts';
import { errorOf, imageOf } from '../store-contract.ts';

describe('reading a manifest when things go wrong', () => {
  const bench = new FaultBench().install();

  const huge = Buffer.alloc(MANIFEST_BYTES + 1, ' ');

  it('refuses one of more than 4 MiB by its length, unread', async () => {
    bench.proxy.on(
      'GET',
      MANIFESTS,
      change((answer) => withBody(answer, huge)),
    );
    expect(await errorOf(bench.store.getManifest('v1'))).to.have.property('code', ERROR_CODES.TooLarge);
    expect(bench.transfer.bytesReceived).to.equal(0);
  });

  it('stops reading one that does not say how long it is', async () => {
    bench.proxy.on(
      'GET',
      MANIFESTS,
      change((answer) => withUnknownBody(answer, Buffer.concat([huge, huge, huge]))),
    );
    expect(await errorOf(bench.store.getManifest('v1'))).to.have.property('code', ERROR_CODES.TooLarge);
    expect(bench.transfer.bytesReceived).to.be.lessThan(2 * MANIFEST_BYTES);
  });

  it('refuses one that has not the digest that the registry, or we, named', async () => {
    bench.proxy.on(
      'GET',
      MANIFESTS,
      change(({ body }) => ({ body: flipped(body) })),
      2,
    );
    expect(await errorOf(bench.store.getManifest('v1'))).to.have.property('code', ERROR_CODES.DigestMismatch);
    expect(await errorOf(bench.store.getManifest(sha256(imageOf([]))))).to.have.property(
      'code',
      ERROR_CODES.DigestMismatch,
    );
  });

  it('reads again what was cut', async () => {
    bench.proxy.on('GET', MANIFESTS, { kind: 'cut-answer', after: 20 });
    expect((await bench.store.getManifest('v1'))?.bytes).to.deep.equal(imageOf([]));
  });

  it('does without HEAD, and without the registry’s word for the digest', async () => {
    for (const code of [405, 501]) {
      bench.proxy.on('HEAD', MANIFESTS, status(code));
      expect((await bench.store.headManifest('v1'))?.digest, `${code}`).to.equal(sha256(imageOf([])));
      expect(bench.proxy.count('HEAD', MANIFESTS), `${code}`).to.equal(1);
      bench.proxy.received.length = 0;
    }
    const withoutDigest = change(({ headers }) => {
      const { 'docker-content-digest': _, ...others } = headers;
      return { headers: others };
    });
    bench.proxy.on('HEAD', MANIFESTS, withoutDigest).on('GET', MANIFESTS, withoutDigest);
    expect((await bench.store.headManifest('v1'))?.digest).to.equal(sha256(imageOf([])));
  });

  it('takes 404 for an answer and 500 for none', async () => {
    bench.proxy.on('GET', MANIFESTS, refusal(404, 'NAME_UNKNOWN')).on('GET', MANIFESTS, status(500), 10);
    expect(await bench.store.getManifest('v1')).to.equal(undefined);
    expect(await errorOf(bench.store.getManifest('v1'))).to.have.property('code', ERROR_CODES.Unreachable);
  });
});
