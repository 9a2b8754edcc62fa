/** What a store moved so far, counted by whoever passes it in. Bytes are those of bodies, resent ones included. */
export interface Transfer {
  requests: number;
  bytesSent: number;
  bytesReceived: number;
}

export function newTransfer(): Transfer {
  return { requests: 0, bytesSent: 0, bytesReceived: 0 };
}
