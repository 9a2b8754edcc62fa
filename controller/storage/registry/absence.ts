import { fieldsOf, jsonIn, listOf } from './manifest-reader.ts';
import { RegistryError } from './registry-error.ts';
import { bytesOf } from './registry-list.ts';

const MAX_ERROR_BYTES = 64 * 1024;

/**
 * Reads an answer of 404. What is not there is taken for gone, and what belonged to it is deleted. So a 404 without the errors of a registry, as a proxy
 * gives it that knows no way to one, is no answer. Throws `RegistryError`.
 *
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
 */
export async function confirmAbsence(response: Response, path: string): Promise<void> {
  const content = await bytesOf(response, path, MAX_ERROR_BYTES);
  const codes = listOf(fieldsOf(jsonIn(content))['errors']).map((error) => fieldsOf(error)['code']);
  if (codes.some((code) => typeof code === 'string' && code !== '')) return;
  throw new RegistryError(`the answer 404 to ${path} has no error of a registry: something before it gave it`, 404);
}
