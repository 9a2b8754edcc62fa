/** Published projects whose versions stand for commits: what registries of packages have is at hand everywhere. */
export interface HistoryProject {
  readonly preset: string;
  readonly title: string;
  /** In the order in which they were published. */
  readonly versions: readonly string[];
  /** Prints the directory of the sources of `$VERSION` as its last line; may use the current directory. */
  readonly sources: string;
  /** Before the build and not measured: what is downloaded is another cache. */
  readonly download: string;
  readonly build: string;
}

/** Cargo fetches the sources of a crate for who depends on it. */
const crateSources = (crate: string): string =>
  [
    'mkdir -p src && echo > src/lib.rs',
    `printf '[package]\\nname = "x"\\nversion = "1.0.0"\\n[dependencies]\\n${crate} = "=%s"\\n' "$VERSION" > Cargo.toml`,
    'rm -f Cargo.lock && cargo fetch --quiet',
    `ls -d "\${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/${crate}-"$VERSION"`,
  ].join(' && ');

export const HISTORIES: readonly HistoryProject[] = [
  {
    preset: 'go',
    title: 'golang.org/x/mod',
    versions: Array.from({ length: 30 }, (_, at) => `0.${14 + at}.0`),
    sources: 'go mod download -json "golang.org/x/mod@v$VERSION" | sed -n \'s/^.*"Dir": "\\(.*\\)",*$/\\1/p\'',
    download: 'go mod download',
    build: 'go build ./...',
  },
  {
    preset: 'cargo',
    title: 'serde_json',
    versions: Array.from({ length: 30 }, (_, at) => `1.0.${125 + at}`),
    sources: crateSources('serde_json'),
    // Between two releases the version of a crate stays as it is, and with it the names of what Cargo makes of it.
    download:
      'sed -i "0,/^version = /s/^version = .*/version = \\"1.0.0\\"/" Cargo.toml && rm -f Cargo.lock && cargo generate-lockfile --quiet && cargo fetch --locked',
    build: 'cargo build --locked',
  },
];
