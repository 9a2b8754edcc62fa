import { join } from 'node:path';
import { expect } from 'chai';

import { parseObjects } from '../../../support/product/yaml-files.ts';
import { catalogFiles } from '../../../support/release/catalog.ts';
import { releaseManifest, releaseStepActions } from '../../../support/release/manifests.ts';

const REPOSITORY = join(import.meta.dirname, '..', '..', '..', '..');
const IMAGE = `registry.example.com/tekton-cache@sha256:${'a'.repeat(64)}`;

/** Every string of an object that stands for an image, or for a program's image. */
function imagesIn(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.flatMap(imagesIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]): unknown[] => (key === 'image' ? [inner] : imagesIn(inner)));
}

describe('release.yaml', () => {
  it('names every image by its digest, that of helper pods too', async () => {
    const text = await releaseManifest(REPOSITORY, IMAGE);
    const images = imagesIn(parseObjects(text, 'release.yaml'));
    expect(images.length).to.be.greaterThan(0);
    expect(new Set(images)).to.deep.equal(new Set([IMAGE]));
    expect(text).to.match(new RegExp(`name: IMAGE\\n\\s+value: ${IMAGE}`));
  });

  it('brings the namespace before what lies in it', async () => {
    const [first] = parseObjects(await releaseManifest(REPOSITORY, IMAGE), 'release.yaml');
    expect(first?.kind).to.equal('Namespace');
  });
});

describe('the StepActions of a release', () => {
  it('name the image by its digest', async () => {
    for (const { name, text } of await releaseStepActions(REPOSITORY, IMAGE))
      expect(imagesIn(parseObjects(text, name)), name).to.deep.equal([IMAGE]);
  });

  it('have a folder, a label with the version and a minimum version in the catalog', async () => {
    for (const stepAction of await releaseStepActions(REPOSITORY, IMAGE)) {
      const [file] = catalogFiles(stepAction, '1.2.3');
      expect(file?.path).to.equal(`stepaction/${stepAction.name}/1.2/${stepAction.name}.yaml`);
      const [object] = parseObjects(file?.text ?? '', 'the catalog');
      expect(object?.metadata).to.deep.include({ name: stepAction.name });
      expect(file?.text).to.match(/app\.kubernetes\.io\/version: ["']?1\.2\.3/);
      expect(file?.text).to.match(/tekton\.dev\/pipelines\.minVersion: ["']?\d+\.\d+\.\d+/);
    }
  });
});
