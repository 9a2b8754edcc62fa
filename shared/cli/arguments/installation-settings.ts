import { parseJson } from '../../interface/text/parse-json.ts';
import { invalidParams } from '../../errors.ts';
import type { InstallationSettings } from '../../request/protocol.ts';

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isAmount: Check = (value) => typeof value === 'number' && value >= 0;
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
/** With no other fields than these, each of which may be absent unless it is required. */
const record =
  (fields: Readonly<Record<string, Check>>, required: readonly string[] = []): Check =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    required.every((name) => Object.hasOwn(value, name)) &&
    Object.entries(value).every(([name, item]) => Object.hasOwn(fields, name) && fields[name]?.(item) === true);

const FIELDS: Readonly<Record<keyof InstallationSettings, Check>> = {
  limits: record({ maxBytes: isAmount, maxFiles: isAmount, maxBlobBytes: isAmount, maxExpansion: isAmount }),
  compression: (value) => value === 'zstd' || value === 'gzip',
  insecureRegistries: listOf(isText),
  basicAuths: listOf(record({ directory: isText, servers: listOf(isText) }, ['directory', 'servers'])),
  registryToken: record({ registry: isText, realm: isText, tokenFile: isText, ca: isText, publicKeys: isText }, [
    'registry',
    'realm',
    'tokenFile',
  ]),
  verify: (value) => value === 'warn' || value === 'require',
};

/** `--settings JSON`. Throws InvalidParams. */
export function readSettings(text: string | undefined): InstallationSettings {
  if (text === undefined || text === '') return {};
  const value = parseJson(text);
  if (isSettings(value)) return value;
  throw invalidParams(`--settings: ${text} is not an object with ${Object.keys(FIELDS).join(', ')}.`);
}

function isSettings(value: unknown): value is InstallationSettings {
  return record(FIELDS)(value);
}
