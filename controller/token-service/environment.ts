/** What a process is told at its start; everything else is in the ConfigMap. */
export interface Environment {
  /** Where the ConfigMap and the Secret with the keys are. */
  readonly namespace: string;
  readonly port: number;
  /** Of `/healthz`, `/readyz` and `/metrics`. */
  readonly healthPort: number;
  /** Holds `tls.crt` and `tls.key`; without it the service speaks plain HTTP. */
  readonly tlsDirectory: string | undefined;
}

/** Throws for what is wrong, with what to do. Port 0 is one that is free. */
export function readEnvironment(environment: NodeJS.ProcessEnv): Environment {
  const { SYSTEM_NAMESPACE: namespace = 'tekton-cache', TLS_DIRECTORY: tlsDirectory } = environment;
  return {
    namespace,
    port: portOf('PORT', environment['PORT'] ?? '8443'),
    healthPort: portOf('HEALTH_PORT', environment['HEALTH_PORT'] ?? '8080'),
    tlsDirectory: tlsDirectory || undefined,
  };
}

function portOf(name: string, text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new Error(`${name}: ${JSON.stringify(text)} is not a port`);
}
