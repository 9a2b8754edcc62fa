/** The projected token of a pod's service account: https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

import { PROJECTED_TOKEN } from '../../interface/places/registry-token.ts';
import type { Credential } from './credential.ts';

/** The user name for the token server, which goes by the token. */
const TOKEN_USER = 'tekton-cache';

/** A sentence: why there is no token to send. Never holds what is in the file. */
export class TokenFileError extends Error {}

/** Servers take no longer headers than 16 KiB as a rule; such a token has about 1 KiB. */
const MAX_BYTES = 8192;
const COMPACT_JWT = /^[\w-]+\.([\w-]+)\.[\w-]+$/;

/** Reads the file as it is now: the kubelet writes a new token long before the old one expires. Throws `TokenFileError`. */
export async function readServiceAccountToken(file: string): Promise<Credential> {
  const text = await readBounded(file);
  const token = text.trim();
  if (token === '') throw new TokenFileError(`${file} is empty`);
  const payload = COMPACT_JWT.exec(token)?.[1];
  if (payload === undefined) throw new TokenFileError(`${file} holds no token of a service account`);
  // A token that the API server takes as well must not go to a registry.
  if (!isForTokenServer(payload)) {
    throw new TokenFileError(`the token in ${file} is not for the audience ${PROJECTED_TOKEN.audience} alone`);
  }
  return { kind: 'password', username: TOKEN_USER, password: token, origin: file };
}

async function readBounded(file: string): Promise<string> {
  try {
    // Opening a pipe must not wait for a writer.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!(await handle.stat()).isFile()) throw new TokenFileError(`${file} is not a file`);
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(MAX_BYTES + 1), 0, MAX_BYTES + 1, 0);
      if (bytesRead > MAX_BYTES) throw new TokenFileError(`${file} has more than ${MAX_BYTES} bytes`);
      return buffer.toString('latin1', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof TokenFileError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new TokenFileError(code === 'ENOENT' ? `${file} is not there` : `${file} cannot be read (${code})`);
  }
}

function isForTokenServer(payload: string): boolean {
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    const audience: unknown = typeof claims === 'object' && claims !== null ? Reflect.get(claims, 'aud') : undefined;
    const audiences: readonly unknown[] = Array.isArray(audience) ? audience : [audience];
    return audiences.length === 1 && audiences[0] === PROJECTED_TOKEN.audience;
  } catch {
    return false;
  }
}
