import { expect } from 'chai';
import { CacheError } from '../../../../shared/errors.ts';
import { CONFIG_TYPE, readDiffIds, writeConfig } from '../../../../shared/entry/manifest/entry-config.ts';
import { LAYER_TYPES, readManifest, readOrigin, writeManifest } from '../../../../shared/entry/manifest/manifest.ts';
import type { EntryManifest } from '../../../../shared/entry/manifest/manifest.ts';

const blob = (n: number, mediaType = LAYER_TYPES.zstd) => ({
  mediaType,
  digest: `sha256:${String(n).repeat(64)}`,
  size: n,
});
const ENTRY: EntryManifest = {
  config: blob(9, CONFIG_TYPE),
  content: [
    { id: 0, descriptor: blob(1), tarSize: 4096, live: 1024, hides: false },
    { id: 4, descriptor: blob(2), tarSize: 512, live: 0, hides: true },
  ],
  index: blob(3),
  deltas: [blob(4)],
  compression: 'zstd',
  files: 12,
  size: 3456,
  annotations: { 'example.org/note': 'kept' },
};

describe('the manifest of an entry', () => {
  it('comes back', () => {
    expect(plain(readManifest(writeManifest(ENTRY)))).to.deep.equal(plain(ENTRY));
  });

  it('is the same bytes for the same content', () => {
    expect(writeManifest(ENTRY)).to.deep.equal(writeManifest(structuredClone(ENTRY)));
  });

  it('is not one of ours without the annotation', () => {
    expect(readManifest(Buffer.from(JSON.stringify({ schemaVersion: 2, layers: [] })))).to.equal(undefined);
  });

  const layersOf = (manifest: Record<string, unknown>): unknown[] =>
    Array.isArray(manifest['layers']) ? manifest['layers'] : [];
  const changed = (change: (manifest: Record<string, unknown>) => void): Buffer => {
    const manifest: unknown = JSON.parse(writeManifest(ENTRY).toString());
    const copy = Object.fromEntries(Object.entries(manifest ?? {}));
    change(copy);
    return Buffer.from(JSON.stringify(copy));
  };
  const refused: Readonly<Record<string, Buffer>> = {
    'not JSON': Buffer.from('{'),
    'a list': Buffer.from('[]'),
    'another version': Buffer.from(
      writeManifest(ENTRY).toString().replace('"cache.tekton.dev/format":"1"', '"cache.tekton.dev/format":"2"'),
    ),
    'no layers': changed((manifest) => delete manifest['layers']),
    'no index': Buffer.from(writeManifest(ENTRY).toString().replace('"index"', '"delta"')),
    'two indices': Buffer.from(writeManifest(ENTRY).toString().replace('"delta"', '"index"')),
    'a layer without an id': Buffer.from(
      writeManifest(ENTRY).toString().replace('"cache.tekton.dev/layer":"4"', '"x":"4"'),
    ),
    'a layer id twice': Buffer.from(
      writeManifest(ENTRY).toString().replace('"cache.tekton.dev/layer":"4"', '"cache.tekton.dev/layer":"0"'),
    ),
    'a bad digest': Buffer.from(writeManifest(ENTRY).toString().replace('sha256:1', 'sha256:x')),
    'a negative size': Buffer.from(writeManifest(ENTRY).toString().replace('"size":2', '"size":-2')),
    '97 layers': changed((manifest) => (manifest['layers'] = Array.from({ length: 97 }, () => layersOf(manifest)[0]))),
  };
  const changedByOthers: Readonly<Record<string, Buffer>> = {
    'one layer compressed anew': Buffer.from(writeManifest(ENTRY).toString().replace('tar+zstd', 'tar+gzip')),
    'one layer more': changed((manifest) => (manifest['layers'] = [...layersOf(manifest), blob(1)])),
    'one layer more than entries have': changed(
      (manifest) => (manifest['layers'] = Array.from({ length: 97 }, () => blob(1))),
    ),
    'no annotations on layers': changed((manifest) => (manifest['layers'] = [blob(1), blob(2)])),
  };
  for (const [what, bytes] of Object.entries(changedByOthers)) {
    it(`is that of an ordinary image with ${what}, and still says what it was`, () => {
      expect(readManifest(bytes)).to.equal(undefined);
      const { files, size } = ENTRY;
      expect(readOrigin(bytes)).to.include({ files, size });
    });
  }
  for (const [what, bytes] of Object.entries(refused)) {
    it(`is refused with ${what}`, () => {
      expect(() => readManifest(bytes)).to.throw(CacheError);
    });
  }
});

describe('the config of an entry', () => {
  it('gives its diff_ids back, and only when there is one for each layer', () => {
    const diffIds = [blob(1).digest, blob(2).digest];
    const config = writeConfig({ architecture: 'amd64', os: 'linux', diffIds });
    expect(readDiffIds(config, 2)).to.deep.equal(diffIds);
    expect(() => readDiffIds(config, 3)).to.throw(CacheError);
  });
});

/** Without the annotations that a manifest puts on its descriptors. */
function plain(entry: EntryManifest | undefined): unknown {
  return JSON.parse(JSON.stringify(entry), (key, value: unknown) =>
    key === 'annotations' && (JSON.stringify(value) === '{}' || JSON.stringify(value).includes('role'))
      ? undefined
      : value,
  );
}
