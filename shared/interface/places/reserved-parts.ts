/** Parts of a namespace's repositories in the registry of the installation that belong to some runs only: the second part of their names. */
export const RESERVED_PARTS = ['untrusted', 'release', 'runs'] as const;
