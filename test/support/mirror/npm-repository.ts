import { basename } from 'node:path';

import type { Repository } from './answer.ts';
import type { FileStore } from './file-store.ts';

// No part begins with a dot, so that none of them leads to another directory.
const NAME = /^(?:@[\w~][\w.~-]*\/)?[\w~][\w.~-]*$/;
const TARBALL = /^(?<name>(?:@[\w~][\w.~-]*\/)?[\w~][\w.~-]*)\/-\/(?<file>[\w~][\w.~+-]*\.tgz)$/;
const ABBREVIATED = 'application/vnd.npm.install-v1+json';
const METADATA_AGE = 600_000;

interface Version {
  readonly dist: { readonly tarball: string };
}

/** What a registry says about a package, as far as the mirror looks at it. */
interface PackageMetadata {
  readonly versions: Readonly<Record<string, Version>>;
}

type NpmRequest =
  | { readonly kind: 'metadata'; readonly name: string }
  | { readonly kind: 'tarball'; readonly name: string; readonly file: string };

export const parseNpmPath = (path: string): NpmRequest | undefined => {
  const { name, file } = TARBALL.exec(path)?.groups ?? {};
  if (name !== undefined && file !== undefined) return { kind: 'tarball', name, file };
  return NAME.test(path) ? { kind: 'metadata', name: path } : undefined;
};

/** The same metadata with tarballs that come from `base`. */
const withTarballsFrom = (metadata: PackageMetadata, name: string, base: string): PackageMetadata => ({
  ...metadata,
  versions: Object.fromEntries(
    Object.entries(metadata.versions).map(([version, described]) => {
      const tarball = `${base}/${name}/-/${basename(new URL(described.dist.tarball).pathname)}`;
      return [version, { ...described, dist: { ...described.dist, tarball } }];
    }),
  ),
});

const tarballUrl = (metadata: PackageMetadata, file: string): string | undefined =>
  Object.values(metadata.versions)
    .map(({ dist }) => dist.tarball)
    .find((url) => basename(new URL(url).pathname) === file);

interface NpmOptions {
  /** URL of the registry that the machine itself uses. */
  readonly upstream: string;
  /** URL of this repository as its clients name it. */
  readonly base: string;
  readonly store: FileStore;
}

/** An npm registry to install from: metadata and tarballs of the upstream, which are downloaded once. */
export const npmRepository = ({ upstream, base, store }: NpmOptions): Repository => {
  const metadataOf = async (name: string): Promise<PackageMetadata> => {
    const content = await store.read({
      path: `npm/${name}/metadata.json`,
      url: new URL(name.replace('/', '%2f'), upstream.endsWith('/') ? upstream : `${upstream}/`),
      headers: { accept: ABBREVIATED },
      maxAge: METADATA_AGE,
    });
    const metadata: PackageMetadata = JSON.parse(content.toString('utf8'));
    return metadata;
  };
  return {
    name: 'npm',
    answer: async (path) => {
      const request = parseNpmPath(path);
      if (!request) return undefined;
      const metadata = await metadataOf(request.name);
      if (request.kind === 'metadata') {
        const content = Buffer.from(JSON.stringify(withTarballsFrom(metadata, request.name, base)));
        return { content, contentType: ABBREVIATED, isPackage: false };
      }
      const url = tarballUrl(metadata, request.file);
      if (url === undefined) return undefined;
      const content = await store.read({ path: `npm/${request.name}/${request.file}`, url: new URL(url) });
      return { content, contentType: 'application/octet-stream', isPackage: true };
    },
  };
};
