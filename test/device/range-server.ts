/** An HTTP server in this process that serves ranges, well or ill. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the server sends; each field stands in for what an honest server would say. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
}

/** Changes an honest answer before it is sent, or sends something by itself and returns `undefined`. */
export type Misdeed = (
  answer: Answer,
  response: ServerResponse,
  request: IncomingMessage,
) => Answer | undefined;

/** A running server; its fields may be changed between requests. */
export interface RangeServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: IncomingMessage[];
  content: Uint8Array;
  etag: string | undefined;
  lastModified: string | undefined;
  misdeed: Misdeed | undefined;
  close(): Promise<void>;
}

/** Starts an honest server for `content` on a port of its own. */
export async function startRangeServer(content: Uint8Array): Promise<RangeServer> {
  const server = createServer((request, response) => {
    state.requests.push(request);
    const honest = honestAnswer(state, request);
    const answer = state.misdeed === undefined ? honest : state.misdeed(honest, response, request);
    if (answer === undefined) return;
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const state: RangeServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/layers/one.img`,
    requests: [],
    content,
    etag: '"version 1"',
    lastModified: "Tue, 15 Nov 1994 12:45:26 GMT",
    misdeed: undefined,
    close,
    [Symbol.asyncDispose]: close,
  };
  return state;
}

function honestAnswer({ content, etag, lastModified }: RangeServer, request: IncomingMessage): Answer {
  const headers: Record<string, string> = {};
  if (etag !== undefined) headers["ETag"] = etag;
  if (lastModified !== undefined) headers["Last-Modified"] = lastModified;
  const ifRange = request.headers["if-range"];
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
  if (first === undefined || (ifRange !== undefined && ifRange !== etag)) {
    headers["Content-Length"] = String(content.length);
    return { status: 200, headers, body: content };
  }
  if (Number(first) >= content.length) {
    headers["Content-Range"] = `bytes */${content.length}`;
    return { status: 416, headers, body: new Uint8Array(0) };
  }
  const body = content.subarray(Number(first), Number(last) + 1);
  headers["Content-Range"] = `bytes ${first}-${Number(first) + body.length - 1}/${content.length}`;
  headers["Content-Length"] = String(body.length);
  return { status: 206, headers, body };
}
