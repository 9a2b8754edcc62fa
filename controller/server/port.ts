import type { Server } from 'node:http';

/** The port that a variable names; 0 is one that is free. Throws for what is none. */
export function readPort(name: string, text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new Error(`${name}: ${JSON.stringify(text)} is not a port`);
}

/** The port that a server listens on; undefined where it does not listen. */
export function listeningPort(server: Server): number | undefined {
  const address = server.address();
  return typeof address === 'object' ? address?.port : undefined;
}
