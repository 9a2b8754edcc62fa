import { readPort } from '../server/port.ts';

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
    port: readPort('PORT', environment['PORT'] ?? '8443'),
    healthPort: readPort('HEALTH_PORT', environment['HEALTH_PORT'] ?? '8080'),
    tlsDirectory: tlsDirectory || undefined,
  };
}
