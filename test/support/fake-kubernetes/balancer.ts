import { once } from 'node:events';
import net from 'node:net';

/** A Service of Kubernetes in small: hands each connection to the next endpoint, also to one that is dead, as long as it is in the list. */
export class Balancer {
  readonly #server = net.createServer((client) => this.#serve(client));
  readonly #ports: number[] = [];
  readonly #open = new Map<net.Socket, number>();
  #next = 0;
  /** Connections that an endpoint did not take, or that broke at its side. */
  broken = 0;

  static async start(): Promise<Balancer> {
    const balancer = new Balancer();
    balancer.#server.listen(0, '127.0.0.1');
    await once(balancer.#server, 'listening');
    return balancer;
  }

  get port(): number {
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the balancer does not listen');
    return address.port;
  }

  add(port: number): void {
    this.#ports.push(port);
  }

  /** No further connections for this endpoint. */
  remove(port: number): void {
    const at = this.#ports.indexOf(port);
    if (at >= 0) this.#ports.splice(at, 1);
  }

  /** Connections to an endpoint that are open now. */
  openTo(port: number): number {
    return [...this.#open.values()].filter((one) => one === port).length;
  }

  stop(): void {
    this.#server.close();
    for (const client of this.#open.keys()) client.destroy();
  }

  #serve(client: net.Socket): void {
    const port = this.#ports[this.#next++ % this.#ports.length];
    if (port === undefined) {
      client.resetAndDestroy();
      return;
    }
    this.#open.set(client, port);
    const endpoint = net.connect(port, '127.0.0.1');
    client.once('close', () => {
      this.#open.delete(client);
      endpoint.destroy();
    });
    client.on('error', () => undefined);
    endpoint.on('error', () => {
      this.broken += 1;
      client.resetAndDestroy();
    });
    client.pipe(endpoint).pipe(client);
  }
}
