import { once } from 'node:events';
import http from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A proxy as companies have them: it knows CONNECT, and asks for a password. */
export class TunnelProxy {
  /** `host:port` of what was asked for. */
  readonly asked: string[] = [];
  readonly #authorization: string;
  readonly #sockets = new Set<Socket>();
  readonly #server = http.createServer((_, response) => response.writeHead(400).end());

  private constructor(credentials: string) {
    this.#authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
    this.#server.on('connect', (request, client: Socket) => this.#connect(request, client));
  }

  /** `credentials`: `user:password`. */
  static async start(credentials: string): Promise<TunnelProxy> {
    const proxy = new TunnelProxy(credentials);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #connect({ url = '', headers }: http.IncomingMessage, client: Socket): void {
    this.asked.push(url);
    if (headers['proxy-authorization'] !== this.#authorization) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const [host = '', port] = url.split(':');
    const upstream = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(upstream).pipe(client);
    });
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket.on('error', () => undefined));
    }
  }
}
