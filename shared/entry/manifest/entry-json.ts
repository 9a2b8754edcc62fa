/** Reads the JSON of an entry's manifest and config. Whatever is not as it should be is `InvalidImage`. */
import { CacheError, ERROR_CODES } from '../../errors.ts';
import { isDigest } from '../../store/reference.ts';
import type { Descriptor } from '../../store/store.ts';

export function readJson(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch (error) {
    throw new CacheError(ERROR_CODES.InvalidImage, `The ${what} of the image is not JSON.`, { cause: error });
  }
}

export function descriptorOf(value: unknown): Descriptor {
  const { mediaType, digest, size, annotations } = objectOf(value, 'a descriptor');
  if (typeof mediaType !== 'string' || !isDigest(digest)) return invalid('a descriptor has no media type or digest');
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return invalid('a descriptor has no size');
  return { mediaType, digest, size, annotations: textsOf(annotations) };
}

export function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return invalid(`${what} is not an object`);
  return Object.fromEntries(Object.entries(value));
}

export function textsOf(value: unknown): Record<string, string> {
  if (value === undefined || value === null) return {};
  const entries = Object.entries(objectOf(value, 'annotations'));
  return Object.fromEntries(entries.filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
}

export function countOf(value: string | undefined, what: string): number {
  if (value === undefined || !/^\d{1,15}$/.test(value)) return invalid(`${what} is not a number`);
  return Number(value);
}

export function invalid(problem: string): never {
  throw new CacheError(ERROR_CODES.InvalidImage, `The image is not a good entry: ${problem}.`);
}
