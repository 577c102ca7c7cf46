/**
 * One range of one version of an HTTP resource.
 *
 * The server is the host's: every header of its answer that says what the bytes
 * are is checked, and any that says something else than was asked for is refused.
 * Source: RFC 9110, sections 8.8 (validators), 13.1.5 (If-Range), 14 (ranges).
 */
import { DeviceError, type DeviceErrorCode } from "../errors.ts";

/** Where ranges come from, and how. */
export interface HttpSource {
  readonly url: string;
  /** For errors: the URL without what may be secret. */
  readonly name: string;
  readonly headers: Headers;
  readonly fetch: typeof fetch;
}

/** A version of a resource, as far as HTTP tells versions apart. Held by the host. */
export interface HttpVersion {
  readonly sizeBytes: number;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
}

/** What is asked for, and of which version. */
export interface RangeRequest {
  readonly offsetBytes: number;
  /** At least one. */
  readonly lengthBytes: number;
  /** The version that the bytes must be of; absent in the first request. */
  readonly pinned: HttpVersion | undefined;
  readonly signal: AbortSignal | undefined;
}

/** What came: the bytes asked for, no more and no less, and the version they are of. */
export interface HttpRange {
  readonly bytes: Uint8Array;
  readonly version: HttpVersion;
}

/** How much of a header of the host's may stand in a message. */
const maxQuotedLength = 80;

/**
 * Fetches one range by one request.
 *
 * @throws {DeviceError} `device-missing` for 404 and 410; `device-failed` where no answer
 *   came; `bad-response` where it is not to the question; `content-changed` or `size-changed`
 *   where it is of another version; `short-read` where bytes are missing.
 */
export async function fetchRange(source: HttpSource, request: RangeRequest): Promise<HttpRange> {
  const response = await send(source, request);
  try {
    return {
      version: checkHead(source, request, response),
      bytes: await readBody(source, request, response),
    };
  } catch (error) {
    response.body?.cancel().catch(ignoreLateFailure);
    request.signal?.throwIfAborted();
    throw error;
  }
}

async function send(
  source: HttpSource,
  { offsetBytes, lengthBytes, pinned, signal }: RangeRequest,
): Promise<Response> {
  const headers = new Headers(source.headers);
  headers.set("Range", `bytes=${offsetBytes}-${offsetBytes + lengthBytes - 1}`);
  headers.set("Accept-Encoding", "identity");
  // A weak validator may not stand there: the server would have to answer with everything.
  if (pinned?.etag?.startsWith('"')) headers.set("If-Range", pinned.etag);
  const { fetch, url, name } = source;
  try {
    return await fetch(url, { headers, cache: "no-store", ...(signal && { signal }) });
  } catch (cause) {
    signal?.throwIfAborted();
    // The cause's own message may quote the whole URL, with what is secret in its query.
    throw new DeviceError("device-failed", `${name} gave no answer: the cause says why`, {
      at: { device: name, offsetBytes },
      cause,
    });
  }
}

function checkHead(source: HttpSource, request: RangeRequest, { status, headers }: Response): HttpVersion {
  const refuse = (code: DeviceErrorCode, what: string): DeviceError =>
    new DeviceError(code, `${source.name}: ${what}`, {
      at: { device: source.name, offsetBytes: request.offsetBytes },
    });
  const { offsetBytes, lengthBytes, pinned } = request;
  const etag = headers.get("ETag") ?? undefined;
  const lastModified = headers.get("Last-Modified") ?? undefined;
  if (status === 404 || status === 410)
    throw refuse("device-missing", `there is no such resource (${status})`);
  if (status === 416 && pinned)
    throw refuse("size-changed", `it no longer has ${pinned.sizeBytes} bytes (416)`);
  if ((status === 200 || status === 206) && pinned && isOtherVersion(pinned, etag, lastModified)) {
    throw refuse("content-changed", "its ETag or Last-Modified is another than at first: open it anew");
  }
  if (status !== 206)
    throw refuse("bad-response", `a request for a range was answered with ${status}, not 206`);
  const encoding = headers.get("Content-Encoding");
  if (encoding !== null && encoding.toLowerCase() !== "identity") {
    throw refuse("bad-response", `bytes came encoded as ${quote(encoding)}`);
  }
  const lastByte = offsetBytes + lengthBytes - 1;
  const contentRange = headers.get("Content-Range");
  const [, first, last, total] = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16})$/i.exec(contentRange ?? "") ?? [];
  const sizeBytes = Number(total);
  if (
    Number(first) !== offsetBytes ||
    Number(last) !== lastByte ||
    !(Number.isSafeInteger(sizeBytes) && sizeBytes > lastByte)
  ) {
    throw refuse(
      "bad-response",
      `bytes ${offsetBytes}-${lastByte} were asked for, and Content-Range is ${quote(contentRange)}`,
    );
  }
  if (pinned && sizeBytes !== pinned.sizeBytes) {
    throw refuse(
      "size-changed",
      `it has ${sizeBytes} bytes, and had ${pinned.sizeBytes} at first: open it anew`,
    );
  }
  const contentLength = headers.get("Content-Length");
  if (contentLength !== null && contentLength !== String(lengthBytes)) {
    throw refuse(
      "bad-response",
      `${lengthBytes} bytes were asked for, and Content-Length is ${quote(contentLength)}`,
    );
  }
  return { sizeBytes, etag, lastModified };
}

/** True where the answer shows another version, or hides one. RFC 9110 15.3.7 lets Last-Modified go where ETag stays. */
function isOtherVersion(
  pinned: HttpVersion,
  etag: string | undefined,
  lastModified: string | undefined,
): boolean {
  if (etag !== pinned.etag) return true;
  if (lastModified === pinned.lastModified) return false;
  return lastModified !== undefined || etag === undefined;
}

/** Collects the body in private memory, and stops where it says more than was asked for. */
async function readBody(source: HttpSource, request: RangeRequest, response: Response): Promise<Uint8Array> {
  const { offsetBytes, lengthBytes, signal } = request;
  const at = { device: source.name, offsetBytes };
  const bytes = new Uint8Array(lengthBytes);
  let filledBytes = 0;
  let cause: unknown;
  const reader = response.body?.getReader();
  try {
    for (let chunk = await reader?.read(); chunk?.value; chunk = await reader?.read()) {
      signal?.throwIfAborted();
      if (chunk.value.length > lengthBytes - filledBytes) {
        throw new DeviceError(
          "bad-response",
          `${source.name} sent more than the ${lengthBytes} bytes asked for`,
          { at },
        );
      }
      bytes.set(chunk.value, filledBytes);
      filledBytes += chunk.value.length;
    }
  } catch (error) {
    if (error instanceof DeviceError) throw error;
    cause = error;
  } finally {
    reader?.cancel().catch(ignoreLateFailure);
  }
  if (filledBytes === lengthBytes && cause === undefined) return bytes;
  const details = cause === undefined ? { at } : { at, cause };
  throw new DeviceError("short-read", `${source.name} sent ${filledBytes} of ${lengthBytes} bytes`, details);
}

function quote(header: string | null): string {
  return header === null ? "absent" : JSON.stringify(header.slice(0, maxQuotedLength));
}

/** Nobody waits for a body any more that was cancelled. */
function ignoreLateFailure(): void {}
