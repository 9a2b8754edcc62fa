import { isHost } from '../../../shared/interface/places/image-reference.ts';
import {
  checkCertificates,
  checkPublicKeys,
  checkRealm,
  checkRegistry,
} from '../../../shared/interface/places/registry-token.ts';
import { checkObjectName } from '../names.ts';
import { readChecked, readListOf, readOneOf } from '../read-value.ts';
import { row } from './row.ts';

/** Registries: the one of the installation, and whom helpers believe. */
export const REGISTRY_KEYS = {
  insecureRegistries: row({
    key: 'insecure-registries',
    type: 'list',
    default: '',
    meaning: 'registries (`host[:port]`) for which the param `insecure` is allowed: plain HTTP or unverified TLS',
    read: readListOf(isHost, 'the host[:port] of a registry'),
  }),
  registry: row({
    key: 'registry',
    type: '`host[:port]`',
    default: '',
    meaning:
      'the registry for which nobody needs a secret: helpers prove themselves to its token server by the token of their service account. Without `default-target`, runs without a ' +
      '`target` keep their entries in it, as `{{namespace}}/{{pipeline}}/{{workspace}}:{{hash}}`',
    read: readChecked(checkRegistry),
  }),
  registryRealm: row({
    key: 'registry-realm',
    type: 'https address',
    default: '',
    meaning: 'the address of that token server, exactly as the registry names it in its challenge (`realm`)',
    read: readChecked(checkRealm),
  }),
  registryCa: row({
    key: 'registry-ca',
    type: 'PEM',
    default: '',
    meaning:
      'the authority that signs the certificates of that registry and its token server; empty: with `registry-certificates: own` the authority that the controller made, else the usual ones',
    read: readChecked(checkCertificates),
  }),
  registryCertificates: row({
    key: 'registry-certificates',
    type: 'word',
    default: 'given',
    meaning:
      "`own`: the controller makes and renews the certificates of that registry and its token server, in the Secrets of `manifests/overlays/registry`, and tells helpers of its authority; `given`: they are somebody else's to keep",
    read: readOneOf('given', 'own'),
  }),
  verify: row({
    key: 'verify',
    type: 'word',
    default: 'off',
    meaning:
      '`require`, `warn` or `off`: whether entries need a [statement of who wrote them](provenance.md) that is believed. Where the param of a run says something stricter, that counts. A bad value counts as `require` where no earlier one is known, as when the controller starts',
    read: readOneOf('off', 'warn', 'require'),
    // A slip of the pen must not turn off the verification.
    whenWrong: 'require',
  }),
  provenanceKeys: row({
    key: 'provenance-keys',
    type: 'PEM',
    default: '',
    meaning:
      'public keys of the signers whose statements are believed; empty: the keys of the token service, which it publishes in the ConfigMap `tekton-cache-provenance-keys`',
    read: readChecked(checkPublicKeys),
  }),
  caBundle: row({
    key: 'ca-bundle',
    type: 'name',
    default: '',
    meaning:
      'ConfigMap in the namespace of the run whose key `ca-bundle.crt` holds certificates that the helper trusts as well; a namespace without it is fine',
    read: readChecked(checkObjectName),
  }),
} as const;
