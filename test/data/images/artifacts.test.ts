/** What registries hold beside images of file systems: a fetch takes the whole tree, or says why there is none. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { CacheError } from '../../../shared/errors.ts';
import type { Descriptor } from '../../../shared/store/store.ts';
import { newFetchBench, type FetchBench } from '../../support/entry/fetch-bench.ts';
import { gzip, OCI, plain, putBytes, putImage, putJson, type ImageLayer } from '../../support/entry/put-image.ts';
import { rawTar, type RawMember } from '../../support/entry/raw-tar.ts';

const EMPTY = 'application/vnd.oci.empty.v1+json';
const EMPTY_DIGEST = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';
const CREATED = '2026-11-30T16:01:06Z';
const TREE: readonly RawMember[] = [
  { name: 'tree/', flag: '5', mode: 0o755 },
  { name: 'tree/a', content: 'a' },
];

/** A file as `oras push` describes it: any file is a tar to it. */
const orasFile = (title: string, bytes: Buffer): ImageLayer => ({
  mediaType: OCI.plain,
  bytes,
  annotations: { 'org.opencontainers.image.title': title },
});
const orasDirectory = (title: string): ImageLayer => ({
  ...gzip(rawTar(TREE)),
  annotations: {
    'io.deis.oras.content.digest': `sha256:${'1'.repeat(64)}`,
    'io.deis.oras.content.unpack': 'true',
    'org.opencontainers.image.title': title,
  },
});

/** Gives the digest by which it is fetched: not every store would take it below a tag. */
type Put = (bench: FetchBench) => Promise<Descriptor>;

const SUBJECT: Descriptor = { mediaType: OCI.manifest, digest: `sha256:${'3'.repeat(64)}`, size: 1 };

/** A manifest as oras 1.3 writes it for each version of the image specification, byte by byte. */
const oras =
  (spec: 'v1.0' | 'v1.1', layers: readonly ImageLayer[], subject?: Descriptor): Put =>
  async ({ store }) => {
    await putBytes(store, Buffer.from('{}'), EMPTY);
    const config = { digest: EMPTY_DIGEST, size: 2 };
    const described = [];
    for (const { mediaType, bytes, annotations } of layers) {
      described.push({ ...(await putBytes(store, bytes, mediaType)), annotations });
    }
    const is11 = spec === 'v1.1';
    const manifestOf = {
      schemaVersion: 2,
      mediaType: OCI.manifest,
      ...(is11 ? { artifactType: 'application/vnd.unknown.artifact.v1' } : {}),
      config: is11
        ? { mediaType: EMPTY, ...config, data: 'e30=' }
        : { mediaType: 'application/vnd.unknown.config.v1+json', ...config },
      layers: is11 && described.length === 0 ? [{ mediaType: EMPTY, ...config, data: 'e30=' }] : described,
      ...(subject === undefined ? {} : { subject }),
      annotations: { 'org.opencontainers.image.created': CREATED },
    };
    return putBytes(store, Buffer.from(JSON.stringify(manifestOf)), OCI.manifest);
  };

const image =
  (layers: readonly ImageLayer[], config: string = OCI.config): Put =>
  ({ store }) =>
    putImage(store, 'v1', layers, { manifest: OCI.manifest, config });

/** A manifest with what the list says instead of its own fields. */
const manifest =
  (fields: Readonly<Record<string, unknown>>): Put =>
  async ({ store }) => {
    const config = await putBytes(store, Buffer.from('{}'), EMPTY);
    const layer = await putBytes(store, rawTar(TREE), OCI.plain);
    const given = { schemaVersion: 2, mediaType: OCI.manifest, config, layers: [layer], ...fields };
    return putBytes(store, Buffer.from(JSON.stringify(given)), OCI.manifest);
  };

const layerOf = (fields: Readonly<Record<string, unknown>>): Put =>
  manifest({ layers: [{ mediaType: OCI.plain, digest: `sha256:${'2'.repeat(64)}`, size: 10, ...fields }] });

/** An index of images with these fields in their descriptors. */
const index =
  (...entries: readonly Readonly<Record<string, unknown>>[]): Put =>
  async ({ store }) => {
    const inner = await putImage(store, 'inner', [plain(rawTar(TREE))]);
    const manifests = entries.map((fields) => ({ ...inner, ...fields }));
    return putJson(store, 'v1', OCI.index, { schemaVersion: 2, mediaType: OCI.index, manifests });
  };

const REFUSED: Readonly<Record<string, readonly [Put, RegExp]>> = {
  'a file of oras': [oras('v1.1', [orasFile('notes.txt', Buffer.from('notes'))]), /is the file "notes.txt" alone/],
  'files and a directory of oras': [
    oras('v1.0', [orasDirectory('tree'), orasFile('a', Buffer.from('a')), orasFile('b', Buffer.alloc(5000, 'b'))]),
    /is the file "a" alone/,
  ],
  'an empty file of oras': [oras('v1.1', [orasFile('empty', Buffer.alloc(0))]), /is the file "empty" alone/],
  'an empty file of oras beside a directory': [
    oras('v1.1', [orasDirectory('tree'), orasFile('empty', Buffer.alloc(0))]),
    /is the file "empty" alone/,
  ],
  'a file of zeros of oras beside a directory': [
    oras('v1.0', [orasDirectory('tree'), orasFile('zeros', Buffer.alloc(4096))]),
    /is the file "zeros" alone/,
  ],
  'a tar that oras knows as a file, and that leads out of the directory': [
    oras('v1.1', [orasFile('tree.tar', rawTar([...TREE, { name: '../out' }]))]),
    /^(?!.* alone).*\.\.\/out/,
  ],
  'nothing of oras, v1.0': [oras('v1.0', []), /it has no layers/],
  'nothing of oras, v1.1': [oras('v1.1', []), /media type ".*empty/],
  'what oras attaches to another one': [
    oras('v1.1', [orasFile('notes.txt', Buffer.from('notes'))], SUBJECT),
    /is the file "notes.txt" alone/,
  ],
  'no layers': [manifest({ artifactType: 'application/vnd.example', layers: [] }), /it has no layers/],
  'no layers at all': [manifest({ layers: null }), /no list of layers/],
  'the build cache of BuildKit': [
    image([gzip(rawTar(TREE))], 'application/vnd.buildkit.cacheconfig.v0'),
    /build cache of BuildKit/,
  ],
  'an attestation': [layerOf({ mediaType: 'application/vnd.in-toto+json' }), /media type ".*in-toto/],
  'a layer of nydus': [layerOf({ mediaType: 'application/vnd.oci.image.layer.nydus.blob.v1' }), /nydus/],
  'an encrypted layer': [layerOf({ mediaType: `${OCI.gzip}+encrypted` }), /encrypted/],
  'a media type in capitals': [layerOf({ mediaType: OCI.gzip.toUpperCase() }), /media type/],
  'a media type with a parameter': [layerOf({ mediaType: `${OCI.gzip}; charset=utf-8` }), /media type/],
  'a digest of another kind': [layerOf({ digest: `sha512:${'2'.repeat(128)}` }), /no sha256 digest/],
  'too many layers': [image(Array.from({ length: 129 }, () => plain(rawTar(TREE)))), /129 layers/],
  'an index of attestations alone': [
    index({ annotations: { 'vnd.docker.reference.type': 'attestation-manifest' }, platform: { os: 'unknown' } }),
    /no manifest for/,
  ],
  'an index of the blobs of a build cache': [
    index({ mediaType: 'application/vnd.buildkit.cacheconfig.v0' }),
    /no manifest for/,
  ],
  'an index of other platforms': [
    index({ platform: { os: 'windows', architecture: 'amd64' } }, { platform: { os: 'linux', architecture: 's390x' } }),
    /no manifest for/,
  ],
};

const TAKEN: Readonly<Record<string, Put>> = {
  'a directory of oras, v1.0': oras('v1.0', [orasDirectory('tree')]),
  'a directory of oras, v1.1': oras('v1.1', [orasDirectory('tree')]),
  'a directory of oras, with a config of its own kind': image([orasDirectory('tree')], 'application/vnd.example.cache'),
  'a tar that oras knows as a file': oras('v1.1', [orasFile('tree.tar', rawTar(TREE))]),
  'an artifact with a subject': manifest({
    artifactType: 'application/vnd.example',
    subject: SUBJECT,
  }),
  'an index of one image': index({}),
};

describe('a fetch of an artifact', () => {
  let bench: FetchBench;

  beforeEach(() => {
    bench = newFetchBench();
    fs.writeFileSync(join(bench.target, 'mine'), 'mine');
  });
  afterEach(() => bench.remove());

  for (const [name, [put, sentence]] of Object.entries(REFUSED)) {
    it(`is refused with a sentence, and changes nothing: ${name}`, async () => {
      const { digest } = await put(bench);
      const failure: unknown = await bench.fetch({ reference: digest, clean: true }).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(CacheError);
      expect(failure).to.include({ code: 'InvalidImage' });
      expect(failure).to.have.property('message').that.matches(sentence);
      expect(fs.readdirSync(bench.target).filter((entry) => entry !== '.tekton-cache')).to.deep.equal(['mine']);
    });
  }

  for (const [name, put] of Object.entries(TAKEN)) {
    it(`gives the tree: ${name}`, async () => {
      const { digest } = await put(bench);
      expect(await bench.fetch({ reference: digest, clean: true })).to.include({ found: true, files: TREE.length });
      expect(fs.readFileSync(join(bench.target, 'tree/a'), 'utf8')).to.equal('a');
    });
  }

  it('is no hit where nothing of the chosen paths is in it', async () => {
    const { digest: reference } = await oras('v1.1', [orasDirectory('tree')])(bench);
    const fetch = { reference, clean: true };
    expect(await bench.fetch({ ...fetch, paths: ['mine'] })).to.deep.equal({ found: false, otherPaths: true });
    expect(fs.readFileSync(join(bench.target, 'mine'), 'utf8')).to.equal('mine');
    expect(await bench.fetch({ ...fetch, paths: ['tree', 'node_modules'] })).to.include({ found: true });
  });

  it('is a miss that names the manifest where the registry has lost what an index leads to', async () => {
    const digest = `sha256:${'4'.repeat(64)}`;
    await index({ digest })(bench);
    expect(await bench.fetch()).to.deep.equal({ found: false, lost: `manifest ${digest}` });
  });
});
