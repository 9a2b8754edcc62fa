/** The ConfigMap in which the token service publishes the public keys of its statements; in the namespace of the installation. */
export const PUBLIC_KEYS = 'tekton-cache-provenance-keys';
/** PEM, the key that signs now first; cosign takes it as `--key`. */
export const PUBLIC_KEYS_ITEM = 'provenance.pub';
