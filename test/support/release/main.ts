/** `npm run release`: everything that a release consists of, in dist/release. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { makeRelease } from './release.ts';

const USAGE = `npm run release -- [--image NAME] [--directory DIR]

Makes the image for amd64 and arm64 as an OCI layout, release.yaml and its variants, what goes beside them, stepactions.yaml, the catalog's files, an SBOM, the npm package and checksums.

  --image NAME      where the image will be pushed, without a tag; RELEASE_IMAGE by default
  --directory DIR   dist/release by default; it is replaced`;

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const { values } = parseArgs({
  options: {
    image: { type: 'string', default: process.env['RELEASE_IMAGE'] ?? 'registry.example.com/tekton-cache' },
    directory: { type: 'string', default: join(repository, 'dist', 'release') },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) console.log(USAGE);
else {
  const { image, files } = await makeRelease({ repository, directory: values.directory, imageName: values.image });
  console.error(`${values.directory}: image/, ${files.join(', ')}`);
  console.error(
    `push it: skopeo copy --all --preserve-digests oci:${values.directory}/image docker://${values.image}:TAG`,
  );
  console.log(image);
}
