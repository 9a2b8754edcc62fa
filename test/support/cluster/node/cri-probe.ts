import { once } from 'node:events';
import { connect } from 'node:http2';
import { createConnection } from 'node:net';

/** A message of gRPC without content: not compressed, 0 bytes long. */
const EMPTY_MESSAGE = Buffer.alloc(5);
const DEADLINE_MS = 2_000;

/**
 * Does a container runtime serve the CRI on this socket? containerd listens before its CRI plugin is initialised, and a kubelet that
 * starts in between ends: https://github.com/kubernetes/cri-api (RuntimeService.Version).
 */
export async function servesCri(socket: string): Promise<boolean> {
  const session = connect('http://localhost', { createConnection: () => createConnection(socket) });
  session.on('error', () => undefined);
  try {
    const call = session.request({
      ':method': 'POST',
      ':path': '/runtime.v1.RuntimeService/Version',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    call.setTimeout(DEADLINE_MS, () => call.close());
    let status: unknown;
    call.on('response', (headers) => (status = headers['grpc-status']));
    call.on('trailers', (trailers) => (status = trailers['grpc-status']));
    call.resume().end(EMPTY_MESSAGE);
    await once(call, 'close');
    return status === '0';
  } catch {
    return false;
  } finally {
    session.destroy();
  }
}
