import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { runCommand } from '../command.ts';
import type { Architecture } from '../image/layout.ts';
import { buildReleaseImage } from '../image/product/product-image.ts';
import { buildPackage } from '../package/build-package.ts';
import { catalogFiles } from './catalog.ts';
import {
  BASIC_AUTH,
  MONITORING,
  REGISTRY_OVERLAY,
  releaseManifest,
  releaseStepActions,
  STAMPS,
  TOKEN_SERVICE_OVERLAY,
} from './manifests.ts';
import type { StepActionFile } from './manifests.ts';
import { sbomOf } from './sbom.ts';

export const ARCHITECTURES: readonly Architecture[] = ['amd64', 'arm64'];

interface ReleaseInput {
  /** The checkout. */
  readonly repository: string;
  /** Replaced with the release. */
  readonly directory: string;
  /** Where the image will be pushed, without a tag: it stands in the manifests. */
  readonly imageName: string;
}

interface Release {
  /** `NAME@DIGEST` of the index of the image. */
  readonly image: string;
  /** Relative paths of all files beside the image layout. */
  readonly files: readonly string[];
}

/** Seconds since the epoch, of the last commit or of the variable that reproducible builds agree on. */
const sourceDate = async (repository: string): Promise<Date> => {
  const given = process.env['SOURCE_DATE_EPOCH'];
  const seconds = given ?? (await runCommand('git', ['log', '-1', '--format=%ct'], { cwd: repository })).trim();
  return new Date(Number(seconds) * 1000);
};

const sha256Of = async (file: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex');

/** As `sha256sum` writes it, for `sha256sum --check`. */
const writeChecksums = async (directory: string): Promise<void> => {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const lines = await Promise.all(
    files.sort().map(async (file) => `${await sha256Of(file)}  ${file.slice(directory.length + 1)}`),
  );
  await writeFile(join(directory, 'SHA256SUMS'), `${lines.join('\n')}\n`);
};

const oneFile = (files: readonly StepActionFile[]): string =>
  `${files.map(({ text }) => text.trimEnd()).join('\n---\n')}\n`;

/** Makes everything that a release consists of. The same commit gives the same bytes. */
export const makeRelease = async ({ repository, directory, imageName }: ReleaseInput): Promise<Release> => {
  const { version }: { readonly version: string } = JSON.parse(
    await readFile(join(repository, 'package.json'), 'utf8'),
  );
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const { digest } = await buildReleaseImage(join(directory, 'image'), version, ARCHITECTURES);
  const image = `${imageName}@${digest}`;
  const stepActions = await releaseStepActions(repository, image);
  const created = await sourceDate(repository);
  const files = new Map<string, string>([
    ['release.yaml', await releaseManifest(repository, image)],
    ['release-registry.yaml', await releaseManifest(repository, image, REGISTRY_OVERLAY)],
    ['release-token-service.yaml', await releaseManifest(repository, image, TOKEN_SERVICE_OVERLAY)],
    ['basic-auth.yaml', await releaseManifest(repository, image, BASIC_AUTH)],
    ['stamps.yaml', await releaseManifest(repository, image, STAMPS)],
    ['monitoring.yaml', await releaseManifest(repository, image, MONITORING)],
    ['stepactions.yaml', oneFile(stepActions)],
    ['tekton-caches.yaml', oneFile(await releaseStepActions(repository, image, 'tekton-caches'))],
    [
      'sbom.spdx.json',
      await sbomOf({ repository, version, imageDigest: digest, architectures: ARCHITECTURES, created }),
    ],
  ]);
  for (const stepAction of stepActions)
    for (const { path, text } of catalogFiles(stepAction, version)) files.set(`catalog/${path}`, text);
  for (const [path, text] of files) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
  await buildPackage(repository, directory);
  await writeChecksums(directory);
  return { image, files: [...files.keys()] };
};
