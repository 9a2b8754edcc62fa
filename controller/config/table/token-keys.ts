import { POLICY_KEYS, readGrants, readTrustDefault, readTrustRules } from '../../../shared/scope/policy.ts';
import { readList } from '../read-value.ts';
import { row } from './row.ts';

/** The token service: which registries may ask it, and which repositories a run may use. */
export const TOKEN_KEYS = {
  tokenServices: row({
    key: 'token-services',
    type: 'list',
    default: 'tekton-cache-registry',
    meaning:
      'names by which registries may ask the [token service](token-service.md) for tokens: `auth.token.service` in the configuration of each',
    read: readList,
  }),
  tokenGrants: row({
    key: POLICY_KEYS.grants,
    type: 'YAML',
    default: '[]',
    meaning:
      'repositories that runs of some namespaces may use beside those of their own: a list of `{from: {namespaces, labels}, repositories, allow: pull or push}`',
    read: readGrants,
  }),
  tokenTrust: row({
    key: POLICY_KEYS.trustRules,
    type: 'YAML',
    default: '[]',
    meaning:
      'how far runs are trusted: a list of `{trust, match}`, of which the first that matches counts. `trust`: `trusted`, `untrusted` or `release`',
    read: readTrustRules,
  }),
  tokenTrustDefault: row({
    key: POLICY_KEYS.trustDefault,
    type: 'word',
    default: 'forks',
    meaning:
      'how far runs are trusted that no rule of `token-trust` matches: `forks` (pull requests of forks are untrusted, all else is trusted), `trusted`, `untrusted` or `release`',
    read: readTrustDefault,
  }),
} as const;
