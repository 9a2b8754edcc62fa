import { expect } from 'chai';
import {
  attestationsOf,
  envelopeLayer,
  layersIn,
  readAttestation,
  readReferrers,
  withAttestation,
  withEnvelope,
  writeAttestation,
} from '../../../shared/provenance/attestation/attestation.ts';
import { STATEMENT_TYPE } from '../../../shared/provenance/statement/envelope.ts';
import { sha256 } from '../../../shared/store/digest.ts';

const manifestOf = (text: string) => ({
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: sha256(Buffer.from(text)),
  size: 7,
});
const SUBJECT = manifestOf('subject');
const envelope = (text: string) => envelopeLayer(Buffer.from(text));

describe('what others attest of an entry', () => {
  const bom = {
    ...envelope('a bill of materials'),
    annotations: { predicateType: 'https://spdx.dev/Document', by: 'them' },
  };
  const large = { ...envelope('a large one'), size: 1_000_000 };
  const bundle = { ...envelope('a bundle'), mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json' };
  const others = [bom, large, bundle];

  it('stays beside each new statement, as it was', () => {
    const bytes = writeAttestation(SUBJECT, withEnvelope(others, envelope('ours')));
    expect(layersIn(bytes)).to.deep.equal([...others, envelope('ours')]);
  });

  it('neither is a statement of who wrote it, nor pushes one out', () => {
    const crowd = Array.from({ length: 20 }, (_, at) => ({ ...bom, digest: sha256(Buffer.from(`${at}`)) }));
    const bytes = writeAttestation(SUBJECT, [envelope('ours'), ...crowd, ...others]);
    expect(readAttestation(bytes).map(({ digest }) => digest)).to.deep.equal([envelope('ours').digest]);
  });

  it('is not counted where statements are too many: the oldest of those goes', () => {
    const ours = Array.from({ length: 8 }, (_, at) => envelope(`ours ${at}`));
    expect(withEnvelope([...ours, ...others], envelope('new'))).to.deep.equal([
      ...ours.slice(1),
      ...others,
      envelope('new'),
    ]);
  });

  it('stays in the list of referrers, also where it is of the same type', () => {
    const [theirs, former, next] = ['theirs', 'former', 'next'].map(manifestOf);
    if (!theirs || !former || !next) throw new Error('three manifests');
    const known = [theirs, former].map((one) => ({ ...one, artifactType: STATEMENT_TYPE }));
    const list = readReferrers(withAttestation(known, next, former));
    expect(attestationsOf(list).map(({ digest }) => digest)).to.deep.equal([theirs.digest, next.digest]);
  });
});
