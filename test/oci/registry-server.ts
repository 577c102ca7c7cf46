/** A registry and its token server in this process, well-behaved or not. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { digestOf } from "./image-builder.ts";

/** What a request is answered with. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

/** Answers a request itself: by an answer, by the response alone, or not at all (`undefined`: honestly). */
export type Misdeed = (
  request: IncomingMessage,
  response: ServerResponse,
) => Answer | "answered" | undefined | Promise<Answer | "answered" | undefined>;

/** A server; its fields may be changed between requests. */
export class RegistryServer {
  /** By path, without the query: media type and bytes. */
  readonly resources: Map<string, { mediaType: string; bytes: Uint8Array }> = new Map();
  readonly requests: IncomingMessage[] = [];
  misdeed: Misdeed | undefined;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.requests.push(request);
      void this.#answer(request, response);
    });
  }

  /** Starts one on a port of its own, until the test ends. */
  static async start(): Promise<RegistryServer> {
    const server = new RegistryServer();
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    onTestFinished(async () => {
      server.#server.closeAllConnections();
      await new Promise((resolve) => server.#server.close(resolve));
    });
    return server;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Paths asked for, in order. */
  get paths(): string[] {
    return this.requests.map(({ url = "" }) => url);
  }

  /** Puts an image's files up as `<host>/<repository>:<tag>`. */
  publish(
    repository: string,
    tag: string,
    files: ReadonlyMap<string, Uint8Array>,
    top: { mediaType: string; digest: string },
  ): void {
    for (const bytes of files.values()) {
      const digest = digestOf(bytes);
      const text = new TextDecoder().decode(bytes.subarray(0, 4096));
      const mediaType = /"mediaType":"([^"]+)"/.exec(text)?.[1] ?? "application/octet-stream";
      for (const kind of ["manifests", "blobs"]) {
        this.resources.set(`/v2/${repository}/${kind}/${digest}`, { mediaType, bytes });
      }
      if (digest === top.digest) {
        this.resources.set(`/v2/${repository}/manifests/${tag}`, { mediaType: top.mediaType, bytes });
      }
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = (await this.misdeed?.(request, response)) ?? this.#honest(request);
    if (answer === "answered") return;
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body);
  }

  #honest({ url = "", headers }: IncomingMessage): Answer {
    const resource = this.resources.get(url.split("?", 1)[0] ?? "");
    if (resource === undefined) {
      return {
        status: 404,
        body: JSON.stringify({ errors: [{ code: "MANIFEST_UNKNOWN", message: "none" }] }),
      };
    }
    const { mediaType, bytes } = resource;
    const [, first] = /^bytes=(\d+)-$/.exec(headers.range ?? "") ?? [];
    if (first === undefined) return { status: 200, headers: { "Content-Type": mediaType }, body: bytes };
    const range = `bytes ${first}-${bytes.length - 1}/${bytes.length}`;
    return { status: 206, headers: { "Content-Range": range }, body: bytes.subarray(Number(first)) };
  }
}
