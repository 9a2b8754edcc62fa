/**
 * Lists of a registry: names of repositories, or of tags. What a list does not name is taken for gone, and deleted. So an answer that has no such list,
 * as that of a proxy, or that tells of a next page in a way that cannot be read, is no answer.
 */
import { fieldsOf } from './manifest-reader.ts';
import { RegistryError } from './registry-error.ts';

const MAX_LIST_BYTES = 64 * 1024 * 1024;
/** One value of the header `Link` (RFC 8288, section 3). */
const LINK = /^\s*<([^>]*)>(.*)$/;

/** Reads a list, where `null` is an empty one. Throws `RegistryError`. */
export async function namesIn(response: Response, name: 'repositories' | 'tags', path: string): Promise<string[]> {
  const names = fieldsOf(await jsonOf(response, path))[name];
  const list: readonly unknown[] | undefined = Array.isArray(names) ? names : names === null ? [] : undefined;
  const texts = list?.filter((item) => typeof item === 'string');
  if (texts !== undefined && texts.length === list?.length) return texts;
  throw new RegistryError(`the registry answers ${path} with something that has no list of ${name}`);
}

/**
 * Gives the path of the page after the one at `path`; undefined behind the last. Throws `RegistryError`.
 *
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags
 */
export function nextPage(link: string | null, path: string): string | undefined {
  if (link === null) return undefined;
  const links = link.split(/,(?=\s*<)/).map((value) => LINK.exec(value));
  const target = links.find((one) => isNext(one?.[2] ?? ''))?.[1];
  const url = target === undefined ? null : URL.parse(target, `http://registry${path}`);
  if (url !== null) return `${url.pathname}${url.search}`;
  if (target === undefined && links.every((one) => one !== null)) return undefined;
  throw new RegistryError(`the registry answers ${path} with a link to a next page that cannot be read`);
}

/** Tells whether the params of a link have `rel=next`, perhaps in quotes and with other words. */
function isNext(params: string): boolean {
  return params.split(';').some((param) => {
    const [name = '', value = ''] = param.split('=').map((part) => part.trim().toLowerCase());
    return name === 'rel' && value.replaceAll('"', '').split(' ').includes('next');
  });
}

/** Reads a body. Throws `RegistryError` where it has more than `most` bytes, or breaks off. */
export async function bytesOf(response: Response, path: string, most: number): Promise<Uint8Array> {
  const { status } = response;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > most) {
        throw new RegistryError(`the answer of the registry to ${path} has more than ${most} bytes`, status);
      }
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof RegistryError) throw error;
    // One that stands still is no answer: the next one would stand still as long.
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    const how = isLate ? 'does not come to its end' : 'breaks off';
    throw new RegistryError(`the answer of the registry to ${path} ${how}`, isLate ? undefined : status, {
      cause: error,
    });
  }
  return Buffer.concat(chunks);
}

async function jsonOf(response: Response, path: string): Promise<unknown> {
  const content = await bytesOf(response, path, MAX_LIST_BYTES);
  try {
    return JSON.parse(Buffer.from(content).toString('utf8'));
  } catch (error) {
    throw new RegistryError(`the registry answers ${path} with something that is not JSON`, undefined, {
      cause: error,
    });
  }
}
