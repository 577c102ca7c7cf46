/** Pulling from a real registry: by tag, by digest, for a platform; with a password, with a token. */
import { appendFileSync, readdirSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createNativeStreamHasher } from "../../src/crypto/native-stream-hasher.node.ts";
import type { Credential } from "../../src/oci/credentials.ts";
import type { ResolvedImage } from "../../src/oci/image-source.ts";
import { withLayerTar } from "../../src/oci/layer-tar.ts";
import { parsePlatform } from "../../src/oci/platform.ts";
import { parseReference } from "../../src/oci/reference.ts";
import { RegistrySource } from "../../src/oci/registry-source.ts";
import { collect } from "./collect.ts";
import { hasDockerRegistry, startDockerRegistry, startTokenServer, user } from "./docker-registry.ts";
import {
  type BuiltDescriptor,
  digestOf,
  dockerList,
  ImageBuilder,
  ociLayer,
  oneFileTar,
} from "./image-builder.ts";
import { storedZstd } from "./stored-zstd.ts";

const tars = [
  oneFileTar("base", "1".repeat(300_000)),
  oneFileTar("middle", "2"),
  oneFileTar("top", "3"),
] as const;
const limits = { retryDelayMs: 1, maxAttempts: 2 };

/** An image whose layers are stored in three ways. */
function mixedImage(docker = false): { builder: ImageBuilder; image: BuiltDescriptor } {
  const builder = new ImageBuilder();
  const layers = docker
    ? tars.map((tar) => ({ tar }))
    : [
        { tar: tars[0] },
        { tar: tars[1], blob: storedZstd(tars[1]), mediaType: `${ociLayer}+zstd` },
        { tar: tars[2], compression: "none" as const },
      ];
  return { builder, image: builder.addImage({ layers, docker }) };
}

function source(host: string, reference: string, credential?: Credential): RegistrySource {
  return new RegistrySource(parseReference(`${host}/${reference}`), {
    createHasher: createNativeStreamHasher,
    credentials: async () => credential,
    limits,
  });
}

/** Large arrays are slow to compare. */
const digests = (bytes: readonly Uint8Array[]): string[] => bytes.map((tar) => digestOf(tar));

function readTars(registry: RegistrySource, { layers }: ResolvedImage): Promise<Uint8Array[]> {
  return Promise.all(layers.map((layer) => withLayerTar(registry, layer, collect)));
}

describe.skipIf(!hasDockerRegistry)("docker-registry (needs Debian's docker-registry)", () => {
  test.each([
    ["OCI's media types, with gzip, zstd and no compression", false],
    ["Docker's media types", true],
  ])("an image in %s", async (_, docker) => {
    const { host, push } = await startDockerRegistry("none");
    const { builder, image } = mixedImage(docker);
    await push("team/app", "1", builder, image);
    for (const reference of ["team/app:1", `team/app@${image.digest}`]) {
      const registry = source(host, reference);
      const resolved = await registry.resolve();
      expect(resolved.manifestDigest).toBe(image.digest);
      expect(digests(await readTars(registry, resolved))).toEqual(digests(tars));
    }
  });

  test.each([
    ["OCI's index", undefined],
    ["Docker's list", dockerList],
  ])("%s, by platform", async (_, mediaType) => {
    const { host, push } = await startDockerRegistry("none");
    const builder = new ImageBuilder();
    const docker = mediaType !== undefined;
    const entries = ["amd64", "arm64"].map((architecture) => ({
      ...builder.addImage({ layers: [{ tar: oneFileTar(architecture, "") }], architecture, docker }),
      platform: { os: "linux", architecture },
    }));
    await push("app", "multi", builder, builder.addIndex(entries, mediaType));
    const registry = source(host, "app:multi");
    const image = await registry.resolve({ platform: parsePlatform("linux/arm64"), required: true });
    expect(image.manifestDigest).toBe(entries[1]?.digest);
    expect(await readTars(registry, image)).toEqual([oneFileTar("arm64", "")]);
    const missing = registry.resolve({ platform: parsePlatform("linux/s390x"), required: true });
    await expect(missing).rejects.toMatchObject({
      message: expect.stringContaining("linux/amd64, linux/arm64"),
    });
  });

  test("with a password", async () => {
    const { host, push } = await startDockerRegistry("htpasswd");
    const { builder, image } = mixedImage();
    await push("app", "1", builder, image);
    const registry = source(host, "app:1", user);
    expect(digests(await readTars(registry, await registry.resolve()))).toEqual(digests(tars));
    await expect(source(host, "app:1").resolve()).rejects.toMatchObject({
      message: expect.stringContaining("log in"),
    });
    const wrong = source(host, "app:1", { ...user, password: "hunter3" }).resolve();
    await expect(wrong).rejects.toMatchObject({
      message: expect.not.stringContaining("hunter3"),
      code: "device-failed",
    });
  });

  test("with a token for each repository", async () => {
    const tokens = await startTokenServer();
    const { host, push } = await startDockerRegistry(tokens);
    const { builder, image } = mixedImage();
    await push("team/app", "1", builder, image);
    const registry = source(host, "team/app:1", user);
    expect(digests(await readTars(registry, await registry.resolve()))).toEqual(digests(tars));
    expect(tokens.server.requests).toHaveLength(1);
    await expect(source(host, "team/app:1").resolve()).rejects.toMatchObject({
      code: "device-failed",
      message: expect.stringContaining("without credentials"),
    });
  });

  test("what is not there is said to be missing", async () => {
    const { host } = await startDockerRegistry("none");
    await expect(source(host, "app:1").resolve()).rejects.toMatchObject({
      code: "device-missing",
      message: expect.stringMatching(/404, [A-Z_]+/),
    });
  });

  test.each([
    ["cut", (path: string) => truncateSync(path, 1000)],
    ["lengthened", (path: string) => appendFileSync(path, "x")],
  ])("a blob that was %s in its storage is refused", async (_, spoil) => {
    const { host, push, storage } = await startDockerRegistry("none");
    const { builder, image } = mixedImage();
    await push("app", "1", builder, image);
    const registry = source(host, "app:1");
    const resolved = await registry.resolve();
    const hex = digestOf(tars[2]).slice("sha256:".length);
    const blobs = join(storage, "docker/registry/v2/blobs/sha256");
    expect(readdirSync(join(blobs, hex.slice(0, 2)))).toContain(hex);
    spoil(join(blobs, hex.slice(0, 2), hex, "data"));
    await expect(readTars(registry, resolved)).rejects.toMatchObject({ code: "digest-mismatch" });
  });
});
