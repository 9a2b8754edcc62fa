import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';

import { expect } from 'chai';

import { signEnvelope } from '../../../shared/provenance/statement/envelope.ts';
import { judge } from '../../../shared/provenance/statement/judge.ts';
import { publicPem, readPrivateKey, readPublicKeys } from '../../../shared/provenance/statement/keys.ts';
import { writeStatement } from '../../../shared/provenance/statement/statement.ts';
import type { Writer, Writing } from '../../../shared/provenance/statement/statement.ts';

const newKey = (namedCurve = 'P-256') => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
};
const KEY = readPrivateKey(newKey());
const KEYS = readPublicKeys(publicPem(KEY.key));
const DIGEST = `sha256:${'a'.repeat(64)}`;
const REPOSITORY = 'team-a/app/deps';
const WRITER: Writer = {
  namespace: 'team-a',
  serviceAccount: 'default',
  run: 'PipelineRun ci',
  runUid: 'uid-1',
  task: 'TaskRun ci-build',
  trust: 'trusted',
  place: 'team-a/*',
};
const WRITING: Writing = {
  repository: REPOSITORY,
  digest: DIGEST,
  writer: WRITER,
  service: 'tekton-cache-registry',
  at: new Date('2026-08-20T10:10:00Z'),
  version: '1.2.3',
};
const signed = (given: Partial<Writing> = {}, key = KEY) => signEnvelope(writeStatement({ ...WRITING, ...given }), key);
const writtenBy = (writer: Partial<Writer>, repository: string) =>
  signed({ writer: { ...WRITER, ...writer }, repository });
const EXPECTED = { keys: KEYS, repository: REPOSITORY, digest: DIGEST };
const why = (envelope: Uint8Array, expected = EXPECTED) => {
  const verdict = judge([envelope], expected);
  return verdict.believed ? 'believed' : verdict.why;
};
/** An envelope with another part in it, whose signature is what it was or one of its own. */
const changed = (envelope: Uint8Array, parts: object) =>
  Buffer.from(JSON.stringify({ ...(JSON.parse(Buffer.from(envelope).toString()) as object), ...parts }));

describe('a statement of who wrote an entry', () => {
  it('is a SLSA provenance in an in-toto statement', () => {
    const source = { url: 'https://git.example/app', commit: 'c'.repeat(40) };
    const writer = { ...WRITER, source };
    expect(JSON.parse(Buffer.from(writeStatement({ ...WRITING, writer })).toString())).to.deep.equal({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: REPOSITORY, digest: { sha256: 'a'.repeat(64) } }],
      predicateType: 'https://slsa.dev/provenance/v1',
      predicate: {
        buildDefinition: {
          buildType: 'https://cache.tekton.dev/entry/v1',
          externalParameters: {
            namespace: 'team-a',
            serviceAccount: 'default',
            run: 'PipelineRun ci',
            task: 'TaskRun ci-build',
          },
          internalParameters: { trust: 'trusted', place: 'team-a/*', service: 'tekton-cache-registry' },
          resolvedDependencies: [{ uri: 'git+https://git.example/app', digest: { gitCommit: 'c'.repeat(40) } }],
        },
        runDetails: {
          builder: { id: 'https://cache.tekton.dev/token-service/v1', version: { 'tekton-cache': '1.2.3' } },
          metadata: { invocationId: 'uid-1', finishedOn: '2026-08-20T10:10:00.000Z' },
        },
      },
    });
  });

  it('is believed with a good signature, of this digest, in this repository', () => {
    expect(why(signed())).to.equal('believed');
    expect(judge([signed()], EXPECTED)).to.deep.include({ believed: true });
  });

  it('is believed by each of several keys, as after a change of the key', () => {
    const former = readPrivateKey(newKey());
    const keys = [...KEYS, ...readPublicKeys(publicPem(former.key))];
    expect(why(signed({}, former), { ...EXPECTED, keys })).to.equal('believed');
    expect(why(signed({}, former))).to.equal('has a statement that is signed by none of the keys that are believed');
  });

  it('is not believed when it was changed, or signed as something else', () => {
    const unsigned = 'has a statement that is signed by none of the keys that are believed';
    const other = Buffer.from(writeStatement({ ...WRITING, digest: `sha256:${'b'.repeat(64)}` })).toString('base64');
    expect(why(changed(signed(), { payload: other }))).to.equal(unsigned);
    expect(why(changed(signed(), { signatures: [] }))).to.equal(unsigned);
    expect(why(changed(signed(), { payloadType: 'text/plain' }))).to.equal(
      'has a statement that holds something else than a statement',
    );
    // The payload alone, without its type: what a service may sign for another purpose.
    const payload = writeStatement(WRITING);
    const sig = sign('sha256', payload, { key: KEY.key, dsaEncoding: 'der' }).toString('base64');
    expect(why(changed(signed(), { signatures: [{ sig }] }))).to.equal(unsigned);
    // A stranger who names the key of the installation.
    expect(why(signed({}, { ...readPrivateKey(newKey()), id: KEY.id }))).to.equal(unsigned);
  });

  it('is not believed for another digest, nor for another repository', () => {
    const digest = `sha256:${'b'.repeat(64)}`;
    expect(why(signed({ digest }))).to.equal('has a statement that is of another digest');
    expect(why(signed({ repository: 'team-b/app/deps' }))).to.equal(
      'has a statement that is of the repository team-b/app/deps, not of this one',
    );
    expect(why(signed({ repository: `${REPOSITORY}/more` }))).to.contain('not of this one');
  });

  it('is believed of a writer only where such a run may write', () => {
    const of = (writer: Partial<Writer>, repository: string) =>
      why(writtenBy(writer, repository), { ...EXPECTED, repository });
    for (const [writer, repository, believed] of [
      [{ trust: 'trusted' }, 'team-a/app', true],
      [{ trust: 'release' }, 'team-a/app', true],
      [{ trust: 'untrusted' }, 'team-a/app', false],
      [{ trust: 'untrusted' }, 'team-a/untrusted/app/7/deps', true],
      [{ trust: 'trusted' }, 'team-a/untrusted/app/7/deps', false],
      [{ trust: 'untrusted' }, 'team-b/untrusted/app/7/deps', false],
      [{ trust: 'release' }, 'team-a/release/deps', true],
      [{ trust: 'trusted' }, 'team-a/release/deps', false],
      [{ trust: 'untrusted' }, 'team-a/runs/uid-1/deps', true],
      [{ trust: 'trusted' }, 'team-a/runs/uid-2/deps', false],
      [{ trust: 'trusted' }, 'team-b/runs/uid-1/deps', false],
    ] as const) {
      const verdict = of(writer, repository);
      if (believed) expect(verdict, `${writer.trust} ${repository}`).to.equal('believed');
      else expect(verdict, `${writer.trust} ${repository}`).to.match(/names PipelineRun ci in team-a, which is \w+/);
    }
  });

  it('is enough beside others that are not believed', () => {
    expect(judge([signed({ digest: `sha256:${'b'.repeat(64)}` }), signed()], EXPECTED).believed).to.equal(true);
    expect(judge([], EXPECTED)).to.deep.equal({ believed: false, why: 'has no statement of who wrote it' });
  });

  it('may be any bytes', () => {
    for (const text of [
      '',
      '{}',
      '[]',
      'null',
      '{"payloadType":1}',
      '{"payloadType":"x","payload":"","signatures":[1]}',
    ]) {
      expect(why(Buffer.from(text)), text).to.equal('has a statement that is no signed envelope');
    }
    for (const payload of ['', 'null', '{}', '{"_type":"https://in-toto.io/Statement/v1","subject":[null]}']) {
      expect(why(signEnvelope(Buffer.from(payload), KEY)), payload).to.equal(
        'has a statement that is none of the writing of an entry',
      );
    }
  });
});

describe('keys of statements', () => {
  it('are on the curve P-256, one or several', () => {
    const [one, other] = [newKey(), newKey()].map((pem) => publicPem(readPrivateKey(pem).key));
    expect(readPublicKeys(`${one}# a comment\n${other}`).map(({ key }) => publicPem(key))).to.deep.equal([one, other]);
    const mixed = `${one}${publicPem(createPrivateKey(newKey('P-384')))}-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n${other}`;
    expect(
      readPublicKeys(mixed).map(({ key }) => publicPem(key)),
      'beside others',
    ).to.deep.equal([one, other]);
    expect(() => readPrivateKey(newKey('P-384'))).to.throw('where one on the curve P-256 is expected');
  });
});
