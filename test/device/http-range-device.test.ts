import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readsDirectly } from "../../src/device/direct.ts";
import { DeadlineDevice, HttpRangeDevice } from "../../src/device/index.ts";
import {
  describeBlockDeviceContract,
  expectBytes,
  expectNothingLeaked,
  markedBytes,
  patternBytes,
} from "./contract.ts";
import { type Answer, type Misdeed, type RangeServer, startRangeServer } from "./range-server.ts";

describeBlockDeviceContract("HttpRangeDevice", async (content) => {
  const server = await startRangeServer(content);
  const device = await HttpRangeDevice.open(server.url);
  return {
    device,
    spoil: () => void content.fill(0xff),
    ioCount: () => server.requests.length,
    dispose: () => server.close(),
  };
});

const content = patternBytes(50_000);
let server: RangeServer;
beforeEach(async () => {
  server = await startRangeServer(content.slice());
});
afterEach(() => server.close());

describe("HttpRangeDevice", () => {
  test("asks for the first byte, and learns the size", async () => {
    await using device = await HttpRangeDevice.open(new URL(`${server.url}?token=secret#part`), {
      headers: { Authorization: "Bearer secret" },
    });
    expect(device.sizeBytes).toBe(50_000);
    expect(device.name).toBe(server.url);
    expect(readsDirectly(device)).toBe(true);
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]?.headers).toMatchObject({ range: "bytes=0-0", authorization: "Bearer secret" });
    expect(server.requests[0]?.headers["if-range"]).toBeUndefined();
  });

  test("asks for exact ranges of the same version, unencoded", async () => {
    await using device = await HttpRangeDevice.open(server.url);
    const into = new Uint8Array(3000);
    await device.read(40_000, into);
    expectBytes(into, content.subarray(40_000, 43_000));
    expect(server.requests[1]?.headers).toMatchObject({
      range: "bytes=40000-42999",
      "if-range": '"version 1"',
    });
    expect(new Set(server.requests[1]?.headers["accept-encoding"]?.toString().split(", "))).toEqual(
      new Set(["identity"]),
    );
  });

  test("asks for nothing where nothing is read", async () => {
    await using device = await HttpRangeDevice.open(server.url);
    await device.read(50_000, new Uint8Array(0));
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ["a weak ETag", 'W/"1"', undefined],
    ["Last-Modified alone", undefined, "Tue, 15 Nov 1994 12:45:26 GMT"],
    ["no validator", undefined, undefined],
  ])("reads from a server with %s, without If-Range", async (_, etag, lastModified) => {
    Object.assign(server, { etag, lastModified });
    await using device = await HttpRangeDevice.open(server.url);
    const into = new Uint8Array(100);
    await device.read(1, into);
    expectBytes(into, content.subarray(1, 101));
    expect(server.requests[1]?.headers["if-range"]).toBeUndefined();
  });

  test("follows redirects", async () => {
    server.misdeed = (answer, _, request) =>
      request.url === "/old"
        ? { status: 302, headers: { Location: server.url }, body: new Uint8Array(0) }
        : answer;
    await using device = await HttpRangeDevice.open(new URL("/old", server.url));
    const into = new Uint8Array(100);
    await device.read(7, into);
    expectBytes(into, content.subarray(7, 107));
  });

  test("goes by the fetch that it is given, for every request", async () => {
    const urls: unknown[] = [];
    await using device = await HttpRangeDevice.open(server.url, {
      fetch: (url, init) => {
        urls.push(url);
        return fetch(url, init);
      },
    });
    await device.read(0, new Uint8Array(1));
    expect(urls).toEqual([server.url, server.url]);
  });

  test.each(["relative/path", "ftp://example.org/x", "file:///etc/passwd", "http://user:word@example.org/x"])(
    "refuses %s",
    async (url) => {
      const error = await HttpRangeDevice.open(url).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ name: "UsageError", code: "invalid-argument" });
      expect(String(error)).not.toContain("word@");
    },
  );

  test("refuses headers that cannot be sent, without repeating them", async () => {
    const error = await HttpRangeDevice.open(server.url, { headers: { Authorization: "hush\nhush" } }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: "invalid-argument" });
    expect(String((error as Error).stack) + String((error as Error).cause)).not.toContain("hush");
  });

  test("settles an opening that is aborted", async () => {
    server.misdeed = () => undefined;
    const controller = new AbortController();
    const reason = new Error("no");
    const opened = HttpRangeDevice.open(server.url, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 20);
    await expect(opened).rejects.toBe(reason);
  });
});

/** Header changes on an answer; `undefined` takes the header away. */
function headers(changes: Record<string, string | undefined>): Misdeed {
  return (answer) => {
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined) delete answer.headers[name];
      else answer.headers[name] = value;
    }
    return answer;
  };
}

function status(code: number): Misdeed {
  return (answer) => ({ ...answer, status: code });
}

/** Sends the head without a length, so that the body's end is the connection's word. */
function chunked(
  send: (answer: Answer, write: (bytes: Uint8Array) => Promise<boolean>) => Promise<void>,
): Misdeed {
  return (answer, response) => {
    const { "Content-Length": _, ...rest } = answer.headers;
    response.writeHead(answer.status, rest);
    const write = (bytes: Uint8Array): Promise<boolean> =>
      new Promise((resolve) => response.write(bytes, () => resolve(!response.destroyed)));
    send(answer, write).then(() => response.end());
    return undefined;
  };
}

const endless = chunked(async (_, write) => {
  let open = true;
  while (open) open = await write(content);
});

/** What a host does to the answer to a request for bytes 100 to 1099, and the code it must earn. */
const misdeeds: [what: string, misdeed: Misdeed, code: string][] = [
  ["200 with everything", (answer) => ({ ...answer, status: 200, body: content }), "bad-response"],
  ["200 with the range", status(200), "bad-response"],
  ["204", () => ({ status: 204, headers: {}, body: new Uint8Array(0) }), "bad-response"],
  ["403", status(403), "bad-response"],
  ["404", status(404), "device-missing"],
  ["410", status(410), "device-missing"],
  ["416", status(416), "size-changed"],
  ["500", status(500), "bad-response"],
  ["no Content-Range", headers({ "Content-Range": undefined }), "bad-response"],
  ["a range of another start", headers({ "Content-Range": "bytes 101-1099/50000" }), "bad-response"],
  ["a range of another end", headers({ "Content-Range": "bytes 100-1098/50000" }), "bad-response"],
  ["the same length elsewhere", headers({ "Content-Range": "bytes 200-1199/50000" }), "bad-response"],
  ["an unknown total", headers({ "Content-Range": "bytes 100-1099/*" }), "bad-response"],
  ["a total within the range", headers({ "Content-Range": "bytes 100-1099/1099" }), "bad-response"],
  ["an endless total", headers({ "Content-Range": `bytes 100-1099/${"9".repeat(400)}` }), "bad-response"],
  ["a total past 2^53", headers({ "Content-Range": "bytes 100-1099/9007199254740993" }), "bad-response"],
  ["a signed Content-Range", headers({ "Content-Range": "bytes +100-1099/50000" }), "bad-response"],
  ["two Content-Ranges", headers({ "Content-Range": "bytes 100-1099/50000, bytes 0-1/2" }), "bad-response"],
  ["another unit", headers({ "Content-Range": "sectors 100-1099/50000" }), "bad-response"],
  ["a smaller total", headers({ "Content-Range": "bytes 100-1099/49999" }), "size-changed"],
  ["a larger total", headers({ "Content-Range": "bytes 100-1099/50001" }), "size-changed"],
  ["another ETag", headers({ ETag: '"version 2"' }), "content-changed"],
  ["no ETag any more", headers({ ETag: undefined }), "content-changed"],
  ["a weakened ETag", headers({ ETag: 'W/"version 1"' }), "content-changed"],
  ["another Last-Modified", headers({ "Last-Modified": "Wed, 16 Nov 1994 12:45:26 GMT" }), "content-changed"],
  [
    "everything, of another version",
    (answer) => ({ status: 200, headers: { ...answer.headers, ETag: '"version 2"' }, body: content }),
    "content-changed",
  ],
  [
    "gzip",
    (answer) => {
      const body = gzipSync(answer.body);
      return {
        ...answer,
        headers: { ...answer.headers, "Content-Encoding": "gzip", "Content-Length": `${body.length}` },
        body,
      };
    },
    "bad-response",
  ],
  ["an encoding that nobody knows", headers({ "Content-Encoding": "rot13" }), "bad-response"],
  [
    "a Content-Length that is too small",
    (answer) => ({
      ...answer,
      headers: { ...answer.headers, "Content-Length": "999" },
      body: answer.body.subarray(1),
    }),
    "bad-response",
  ],
  [
    "a Content-Length that is too large",
    (answer) => ({
      ...answer,
      headers: { ...answer.headers, "Content-Length": "1001" },
      body: content.subarray(0, 1001),
    }),
    "bad-response",
  ],
  ["no body", chunked(async () => {}), "short-read"],
  ["a byte less", chunked(async ({ body }, write) => void (await write(body.subarray(1)))), "short-read"],
  ["a byte more", chunked(async (_, write) => void (await write(content.subarray(0, 1001)))), "bad-response"],
  [
    "a byte more, later",
    chunked(async ({ body }, write) => {
      await write(body);
      await new Promise((resolve) => setTimeout(resolve, 20));
      await write(Uint8Array.of(1));
    }),
    "bad-response",
  ],
  ["a body without end", endless, "bad-response"],
  [
    "a connection cut in the body",
    (answer, response) => {
      response.writeHead(answer.status, answer.headers);
      response.write(answer.body.subarray(0, 500), () => response.destroy());
      return undefined;
    },
    "short-read",
  ],
  [
    "a connection cut before the answer",
    (_, response) => {
      response.destroy();
      return undefined;
    },
    "device-failed",
  ],
  [
    "what is not HTTP",
    (_, response) => {
      response.socket?.end("220 mail.example.org ESMTP\r\n");
      return undefined;
    },
    "device-failed",
  ],
];

describe("HttpRangeDevice on a hostile server", () => {
  test.each(misdeeds)("refuses %s", async (_, misdeed, code) => {
    await using device = await HttpRangeDevice.open(server.url);
    server.misdeed = misdeed;
    const into = markedBytes(1000);
    await expect(device.read(100, into)).rejects.toMatchObject({
      name: "DeviceError",
      code,
      message: expect.stringContaining(server.url),
      at: { device: server.url, offsetBytes: 100 },
    });
    expectNothingLeaked(into);
    server.misdeed = undefined;
    await device.read(100, into);
    expectBytes(into, content.subarray(100, 1100));
  });

  test.each([
    ["200", status(200), "bad-response"],
    ["404", status(404), "device-missing"],
    ["416", status(416), "bad-response"],
    ["no Content-Range", headers({ "Content-Range": undefined }), "bad-response"],
    ["an unknown total", headers({ "Content-Range": "bytes 0-0/*" }), "bad-response"],
    ["an empty total", headers({ "Content-Range": "bytes 0-0/0" }), "bad-response"],
    ["a total past 2^53", headers({ "Content-Range": "bytes 0-0/9007199254740993" }), "bad-response"],
    ["an encoding", headers({ "Content-Encoding": "br" }), "bad-response"],
    ["a body without end", endless, "bad-response"],
    ["no body", chunked(async () => {}), "short-read"],
  ] as [string, Misdeed, string][])("is not opened by %s", async (_, misdeed, code) => {
    server.misdeed = misdeed;
    await expect(HttpRangeDevice.open(server.url)).rejects.toMatchObject({ name: "DeviceError", code });
  });

  test("cuts the connection of a body without end", async () => {
    await using device = await HttpRangeDevice.open(server.url);
    let cut: Promise<void> | undefined;
    server.misdeed = (answer, response, request) => {
      cut = new Promise((resolve) => response.once("close", resolve));
      return endless(answer, response, request);
    };
    await expect(device.read(0, new Uint8Array(10))).rejects.toMatchObject({ code: "bad-response" });
    await cut;
    expect(cut).toBeDefined();
  });

  test("finds that the resource is another now", async () => {
    await using device = await HttpRangeDevice.open(server.url);
    server.etag = '"version 2"';
    server.content = patternBytes(60_000, 2);
    await expect(device.read(0, new Uint8Array(10))).rejects.toMatchObject({ code: "content-changed" });
  });

  test("does not mind that Last-Modified goes where the ETag stays", async () => {
    await using device = await HttpRangeDevice.open(server.url);
    server.lastModified = undefined;
    const into = new Uint8Array(10);
    await device.read(0, into);
    expectBytes(into, content.subarray(0, 10));
  });

  test.each(["Wed, 16 Nov 1994 12:45:26 GMT", undefined])(
    "finds Last-Modified alone changed to %s",
    async (later) => {
      server.etag = undefined;
      await using device = await HttpRangeDevice.open(server.url);
      server.lastModified = later;
      await expect(device.read(0, new Uint8Array(10))).rejects.toMatchObject({ code: "content-changed" });
    },
  );

  test("says device-failed with the cause where nobody listens", async () => {
    await server.close();
    await expect(HttpRangeDevice.open(server.url)).rejects.toMatchObject({
      code: "device-failed",
      cause: expect.any(TypeError),
    });
  });

  test("repeats little of what the host says", async () => {
    await using device = await HttpRangeDevice.open(server.url);
    server.misdeed = headers({ "Content-Range": "x".repeat(5000) });
    const error = await device.read(0, new Uint8Array(1)).catch((reason: unknown) => reason);
    expect((error as Error).message.length).toBeLessThan(300);
  });

  test("aborts where the body stalls, and leaves the buffer as it was", async () => {
    await using device = await HttpRangeDevice.open(server.url);
    server.misdeed = (answer, response) => {
      response.writeHead(answer.status, answer.headers);
      response.write(answer.body.subarray(0, 500));
      return undefined;
    };
    const controller = new AbortController();
    const reason = new Error("too slow");
    const into = markedBytes(1000);
    setTimeout(() => controller.abort(reason), 30);
    await expect(device.read(0, into, { signal: controller.signal })).rejects.toBe(reason);
    expectBytes(into, markedBytes(1000));
  });

  test("has a deadline under a DeadlineDevice, and lets the connection go", async () => {
    const http = await HttpRangeDevice.open(server.url);
    await using device = new DeadlineDevice(http, { deadlineMs: 50 });
    server.misdeed = () => undefined;
    const into = markedBytes(10);
    await expect(device.read(0, into)).rejects.toMatchObject({ code: "device-timeout" });
    expectBytes(into, markedBytes(10));
    server.misdeed = undefined;
    await device.read(0, into);
    expectBytes(into, content.subarray(0, 10));
  });
});
