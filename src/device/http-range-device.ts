/** A resource of an HTTP server as a device, read by ranges. */
import { UsageError } from "../errors.ts";
import type { BlockDevice, IoOptions } from "./block-device.ts";
import { CallsUnderWay } from "./calls-under-way.ts";
import type { HttpRangeDeviceHandle } from "./device-handle.ts";
import { DirectDevice } from "./direct.ts";
import { fetchRange, type HttpSource, type HttpVersion } from "./http-range.ts";
import { checkRange } from "./range-check.ts";

/** How to reach a server. */
export interface HttpRangeDeviceOptions {
  /** In place of the global `fetch`. It must honour the `signal` that it is given. */
  readonly fetch?: typeof fetch;
  /** Sent with every request, for example `Authorization`. */
  readonly headers?: NonNullable<RequestInit["headers"]>;
  /** Aborts the opening. */
  readonly signal?: AbortSignal;
}

/**
 * A resource of an HTTP server, pinned to the version that the first answer
 * showed: a later answer with another size, ETag or Last-Modified is refused. A
 * server that sends neither validator may change bytes unseen; a verified device
 * above finds that too. Each read is one request; bytes reach the caller only when
 * the whole answer has come and was found sound. Nothing is retried, and nothing
 * has a deadline: stand a `DeadlineDevice` on it.
 *
 * Redirects are followed anew by every request, as `fetch` does (which keeps
 * `Authorization` from other origins). In a browser the server must allow the
 * page's origin, and expose `Content-Range` and `ETag` to it.
 */
export class HttpRangeDevice extends DirectDevice implements BlockDevice {
  readonly name: string;
  readonly sizeBytes: number;
  readonly #source: HttpSource;
  readonly #version: HttpVersion;
  readonly #ownFetch: boolean;
  readonly #calls: CallsUnderWay = new CallsUnderWay();

  private constructor(source: HttpSource, version: HttpVersion, ownFetch: boolean) {
    super({ read: HttpRangeDevice.prototype.read });
    this.name = source.name;
    this.sizeBytes = version.sizeBytes;
    this.#source = source;
    this.#version = version;
    this.#ownFetch = ownFetch;
  }

  /**
   * Asks for the first byte of the resource, and with it for its size; a resource
   * without a byte is refused. The device is named by the URL without its query.
   *
   * @param url absolute, `http:` or `https:`, without user and password.
   * @throws {UsageError} `invalid-argument` for a URL or headers that cannot be sent.
   * @throws {DeviceError} `device-missing`, `device-failed`, `bad-response`, `short-read`.
   */
  static async open(url: string | URL, options: HttpRangeDeviceOptions = {}): Promise<HttpRangeDevice> {
    const source = sourceOf(url, options);
    const { version } = await fetchRange(source, {
      offsetBytes: 0,
      lengthBytes: 1,
      pinned: undefined,
      signal: options.signal,
    });
    return new HttpRangeDevice(source, version, options.fetch !== undefined);
  }

  /** Opens what another thread has open, without a request: the same version of the same resource. */
  static reopen(handle: HttpRangeDeviceHandle): HttpRangeDevice {
    const { url, headers, sizeBytes, etag, lastModified } = handle;
    const source = sourceOf(url, { headers: headers.map(([name, value]) => [name, value]) });
    return new HttpRangeDevice(source, { sizeBytes, etag, lastModified }, false);
  }

  async read(offsetBytes: number, into: Uint8Array, options?: IoOptions): Promise<void> {
    this.#calls.enter(this.name);
    try {
      checkRange(this, offsetBytes, into.length);
      options?.signal?.throwIfAborted();
      if (into.length === 0) return;
      const { bytes } = await fetchRange(this.#source, {
        offsetBytes,
        lengthBytes: into.length,
        pinned: this.#version,
        signal: options?.signal,
      });
      into.set(bytes);
    } finally {
      this.#calls.leave();
    }
  }

  close(): Promise<void> {
    return this.#calls.close(async () => {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  override handle(): HttpRangeDeviceHandle | undefined {
    if (this.#ownFetch) return undefined;
    const { url, headers } = this.#source;
    return { kind: "http-range", url, headers: [...headers], ...this.#version };
  }
}

function sourceOf(
  url: string | URL,
  { fetch = globalThis.fetch, headers }: HttpRangeDeviceOptions,
): HttpSource {
  if (!URL.canParse(url)) throw new UsageError("invalid-argument", "the URL is not an absolute one");
  const { href, origin, pathname, protocol, username, password } = new URL(url);
  const name = `${origin}${pathname}`;
  if (protocol !== "http:" && protocol !== "https:") {
    throw new UsageError(
      "invalid-argument",
      `${protocol} is no protocol that ranges are fetched by: use https:`,
    );
  }
  if (username !== "" || password !== "") {
    throw new UsageError("invalid-argument", `the URL of ${name} holds credentials: give them as a header`);
  }
  try {
    return { url: href, name, headers: new Headers(headers), fetch };
  } catch (cause) {
    // The cause would quote the header, which may be a secret.
    const what = cause instanceof TypeError ? "a name or a value that HTTP does not allow" : "an error";
    throw new UsageError("invalid-argument", `the headers for ${name} hold ${what}`);
  }
}
