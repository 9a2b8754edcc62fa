/** What a subcommand works with; a test gives its own. */
export interface Terminal {
  readonly environment: NodeJS.ProcessEnv;
  /** Standard output, for what is asked for. */
  print(text: string): void;
  /** Standard error, for what people read. */
  log(text: string): void;
}

export interface Subcommand {
  /** Resolves to the exit code: `EXIT` of protocol.ts. */
  run(args: readonly string[], terminal: Terminal): Promise<number>;
}
