import { readFile } from 'node:fs/promises';

import type { Descriptor } from './layout.ts';
import { blobPath, readImage } from './layout.ts';

/** `host[:port]/path:tag` in its parts. */
export const parseImageName = (
  name: string,
): { readonly host: string; readonly path: string; readonly tag: string } => {
  const match = /^(?<host>[\w.-]+(?::\d+)?)\/(?<path>[a-z0-9][a-z0-9._/-]*):(?<tag>[\w][\w.-]{0,127})$/.exec(name);
  const { host, path, tag } = match?.groups ?? {};
  if (host === undefined || path === undefined || tag === undefined) {
    throw new Error(`${name} is not an image name of the form HOST[:PORT]/PATH:TAG`);
  }
  return { host, path, tag };
};

// Container runtimes speak plain http to loopback registries, too.
const schemeOf = (host: string): string => (/^(?:127\.|10\.250\.0\.|localhost(?::|$))/.test(host) ? 'http' : 'https');

const request = async (url: string, expected: number, init: RequestInit): Promise<Response> => {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(120_000) });
  if (response.status !== expected) {
    throw new Error(`the registry answered ${response.status} to ${init.method} ${url}: ${await response.text()}`);
  }
  return response;
};

const pushBlob = async (repository: string, layout: string, blob: Descriptor): Promise<void> => {
  const known = await fetch(`${repository}/blobs/${blob.digest}`, { method: 'HEAD' });
  if (known.ok) return;
  const session = await request(`${repository}/blobs/uploads/`, 202, { method: 'POST' });
  await session.arrayBuffer();
  const location = new URL(session.headers.get('location') ?? '', repository);
  location.searchParams.set('digest', blob.digest);
  const body = new Uint8Array(await readFile(blobPath(layout, blob.digest)));
  const headers = { 'content-type': 'application/octet-stream' };
  await request(location.href, 201, { method: 'PUT', headers, body });
};

/** Pushes the image of a layout to a registry without credentials, under a name of the form HOST[:PORT]/PATH:TAG. */
export const pushImage = async (layout: string, name: string): Promise<void> => {
  const { host, path, tag } = parseImageName(name);
  const repository = `${schemeOf(host)}://${host}/v2/${path}`;
  const { descriptor, manifest } = await readImage(layout);
  await Promise.all([manifest.config, ...manifest.layers].map((blob) => pushBlob(repository, layout, blob)));
  const body = new Uint8Array(await readFile(blobPath(layout, descriptor.digest)));
  const headers = { 'content-type': descriptor.mediaType };
  await request(`${repository}/manifests/${tag}`, 201, { method: 'PUT', headers, body });
};
