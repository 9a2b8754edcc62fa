/** Names are lower case; values of a repeated header are joined with `, `. */
export type Headers = ReadonlyMap<string, string>;

/**
 * A body that is made while it is sent, and can be run again for a retry. It must give exactly `length` bytes; where that
 * is not known it travels in the chunks of HTTP, and its end is where `run` returns.
 */
export interface BodySource {
  readonly length: number | undefined;
  run(write: (chunk: Uint8Array) => Promise<void>): Promise<void>;
}

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | BodySource;
  /** Told when the connection has taken the last byte of the body. What comes then is the server's time. */
  readonly taken?: (() => void) | undefined;
  /** How long the answer may take to begin, in milliseconds, where it may take longer than a stall. */
  readonly answerMs?: number;
}

export interface HttpResponse {
  /** What was asked. */
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  /** Reads the body. A promise from the sink holds the transfer back; the chunk's memory is reused once it is settled. */
  read(sink: (chunk: Uint8Array) => void | Promise<void>): Promise<void>;
  /** Gives the body up, and its connection when much of it is still to come. */
  discard(): Promise<void>;
}

/** The whole body, or nothing when it is longer than `limit` bytes. */
export async function readBytes(response: HttpResponse, limit: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const announced = contentLength(response.headers);
  if (announced !== undefined && announced > limit) {
    await response.discard();
    return undefined;
  }
  try {
    await response.read((chunk) => {
      size += chunk.length;
      if (size > limit) throw new BodyTooLong();
      chunks.push(Uint8Array.prototype.slice.call(chunk));
    });
  } catch (error) {
    if (error instanceof BodyTooLong) return undefined;
    throw error;
  }
  return Buffer.concat(chunks, size);
}

export function contentLength(headers: Headers): number | undefined {
  const value = headers.get('content-length');
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

class BodyTooLong extends Error {}
