/** The origin of a registry, by the rule of helpers: plain HTTP on loopback, TLS everywhere else. */
export function registryOrigin(registry: string): string {
  const { hostname } = new URL(`https://${registry}/`);
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
  return `${isLoopback ? 'http' : 'https'}://${registry}`;
}
