import { LOG_LEVELS } from '../../shared/log.ts';
import { readOneOf } from './read-value.ts';
import { HELPER_KEYS } from './table/helper-keys.ts';
import { REGISTRY_KEYS } from './table/registry-keys.ts';
import { row } from './table/row.ts';
import { STORAGE_KEYS } from './table/storage-keys.ts';
import { TOKEN_KEYS } from './table/token-keys.ts';

/** The one table of configuration keys. Validation, defaults and the reference page come from it. */
export const CONFIG_TABLE = {
  ...HELPER_KEYS,
  ...REGISTRY_KEYS,
  ...TOKEN_KEYS,
  ...STORAGE_KEYS,
  logLevel: row({
    key: 'log-level',
    type: 'word',
    default: 'info',
    meaning: '`error`, `warn`, `info` or `debug`, of the controller, the token service and the housekeeper',
    read: readOneOf(...LOG_LEVELS),
  }),
} as const;

type ConfigName = keyof typeof CONFIG_TABLE;
export type Config = { readonly [Name in ConfigName]: ReturnType<(typeof CONFIG_TABLE)[Name]['read']> };
