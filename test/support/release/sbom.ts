/** The parts of the image as an SPDX 2.3 document (https://spdx.github.io/spdx-spec/v2.3/). The same parts give the same bytes. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Architecture } from '../image/layout.ts';
import { downloadedPackages } from '../image/product/debian-node-runtime.ts';

interface SpdxPackage {
  readonly SPDXID: string;
  readonly name: string;
  readonly versionInfo: string;
  readonly downloadLocation: 'NOASSERTION';
  readonly filesAnalyzed: false;
  readonly licenseConcluded: 'NOASSERTION';
  readonly licenseDeclared: string;
  readonly copyrightText: 'NOASSERTION';
  readonly externalRefs: readonly object[];
  readonly checksums?: readonly object[];
}

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
}

const idOf = (text: string): string => `SPDXRef-Package-${text.replace(/[^A-Za-z0-9.-]/g, '-')}`;

const spdxPackage = (
  part: { readonly name: string; readonly version: string; readonly license?: string; readonly purl: string },
  checksums?: readonly object[],
): SpdxPackage => ({
  SPDXID: idOf(`${part.name}-${part.version}-${part.purl.split('?')[1] ?? 'any'}`),
  name: part.name,
  versionInfo: part.version,
  downloadLocation: 'NOASSERTION',
  filesAnalyzed: false,
  licenseConcluded: 'NOASSERTION',
  licenseDeclared: part.license ?? 'NOASSERTION',
  copyrightText: 'NOASSERTION',
  externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: part.purl }],
  ...(checksums === undefined ? {} : { checksums }),
});

/** npm writes `sha512-BASE64`. */
const checksumsOf = (integrity: string): readonly object[] => {
  const [algorithm = '', value = ''] = integrity.split('-');
  return [
    {
      algorithm: algorithm.toUpperCase(),
      checksumValue: Buffer.from(value.split(' ')[0] ?? '', 'base64').toString('hex'),
    },
  ];
};

const npmPackages = async (repository: string): Promise<readonly SpdxPackage[]> => {
  const lock: { readonly packages: Readonly<Record<string, LockedPackage>> } = JSON.parse(
    await readFile(join(repository, 'package-lock.json'), 'utf8'),
  );
  return Object.entries(lock.packages).flatMap(([path, { version, integrity, license, dev }]) => {
    if (path === '' || version === undefined || dev === true) return [];
    const name = path.split('node_modules/').pop() ?? path;
    const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
    const part = { name, version, purl, ...(license === undefined ? {} : { license }) };
    return [spdxPackage(part, integrity === undefined ? undefined : checksumsOf(integrity))];
  });
};

/** From `NAME_VERSION_ARCHITECTURE.deb`, as apt-get names its downloads. */
const debianPackage = (file: string): SpdxPackage => {
  const [name = '', escaped = '', architecture = ''] = file.replace(/\.deb$/, '').split('_');
  const version = decodeURIComponent(escaped);
  return spdxPackage({
    name,
    version,
    purl: `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}`,
  });
};

interface SbomInput {
  readonly repository: string;
  readonly version: string;
  /** Of the image index. */
  readonly imageDigest: string;
  readonly architectures: readonly Architecture[];
  /** The time of the commit, so that a second build says the same. */
  readonly created: Date;
}

export const sbomOf = async (input: SbomInput): Promise<string> => {
  const { repository, version, imageDigest, architectures, created } = input;
  const product = spdxPackage({
    name: 'tekton-cache',
    version,
    license: 'Apache-2.0',
    purl: `pkg:oci/tekton-cache@${encodeURIComponent(imageDigest)}`,
  });
  const node = spdxPackage({
    name: 'node',
    version: process.version.slice(1),
    license: 'MIT',
    purl: `pkg:generic/node@${process.version.slice(1)}`,
  });
  const debian = (await Promise.all(architectures.map(downloadedPackages))).flat().map(debianPackage);
  const parts = [node, ...debian, ...(await npmPackages(repository))];
  const packages = [product, ...new Map(parts.map((part) => [part.SPDXID, part])).values()];
  const document = {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: `tekton-cache-${version}`,
    documentNamespace: `https://spdx.org/spdxdocs/tekton-cache-${version}-${imageDigest.replace(':', '-')}`,
    creationInfo: { created: created.toISOString().replace(/\.\d+Z$/, 'Z'), creators: ['Tool: tekton-cache release'] },
    packages,
    relationships: [
      { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: product.SPDXID },
      ...packages.slice(1).map(({ SPDXID }) => ({
        spdxElementId: product.SPDXID,
        relationshipType: 'CONTAINS',
        relatedSpdxElement: SPDXID,
      })),
    ],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
};
