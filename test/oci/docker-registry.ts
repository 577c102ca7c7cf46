/** Debian's `docker-registry` as a process of the test's own, and pushing to it. */
import { execFileSync, spawn } from "node:child_process";
import { createPrivateKey, createSign, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { hasProgram, scratchFolder } from "../cli/child-command.ts";
import type { BuiltDescriptor, ImageBuilder } from "./image-builder.ts";
import { RegistryServer } from "./registry-server.ts";

/** False where the tests that need it are skipped. In CI a missing registry is an error. */
export const hasDockerRegistry: boolean = hasProgram("docker-registry");

/** The only user: bcrypt of "hunter2". */
export const user = { kind: "password", username: "me", password: "hunter2" } as const;
const htpasswd = "me:$2y$05$z8T/hhaLFiukLLXOdZlk2.urfPYvfr13.K96IMbXd0En0YJBKIOci\n";
const service = "the test's registry";

/** A registry that runs until the test ends. */
export interface DockerRegistry {
  readonly host: string;
  /** The folder of its storage. */
  readonly storage: string;
  /** Puts all of an image's blobs there, and its top document under a tag. */
  push(repository: string, tag: string, image: ImageBuilder, top: BuiltDescriptor): Promise<void>;
}

/** Starts one for which everybody, the user alone, or whoever has a token, is welcome. */
export async function startDockerRegistry(
  auth: "none" | "htpasswd" | { readonly realm: string; readonly certificate: string },
): Promise<DockerRegistry> {
  const folder = scratchFolder();
  const storage = join(folder, "storage");
  mkdirSync(storage);
  writeFileSync(join(folder, "htpasswd"), htpasswd);
  const config = {
    version: 0.1,
    log: { accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: storage } },
    http: { addr: "127.0.0.1:0", secret: "a" },
    ...(auth === "htpasswd" && { auth: { htpasswd: { realm: "test", path: join(folder, "htpasswd") } } }),
    ...(typeof auth === "object" && {
      auth: { token: { realm: auth.realm, service, issuer: "test", rootcertbundle: auth.certificate } },
    }),
  };
  // YAML takes JSON as it is.
  writeFileSync(join(folder, "config.yml"), JSON.stringify(config));
  const child = spawn("docker-registry", ["serve", join(folder, "config.yml")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const host = await listeningAddress(child.stderr);
  return {
    host,
    storage,
    push: async (repository, tag, image, top) => {
      const base = `http://${host}/v2/${repository}`;
      const authorization =
        typeof auth === "object"
          ? `Bearer ${signToken(auth.certificate, repository, ["pull", "push"])}`
          : basic;
      const send = async (url: string, init: RequestInit): Promise<Response> => {
        const headers = { ...(init.headers as Record<string, string>), Authorization: authorization };
        const response = await fetch(url, { ...init, headers });
        if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
        return response;
      };
      for (const [path, bytes] of image.files) {
        const digest = path.replace(/^blobs\/(.*)\//, "$1:");
        const { headers } = await send(`${base}/blobs/uploads/`, { method: "POST" });
        const location = new URL(headers.get("Location") ?? "", base);
        location.searchParams.set("digest", digest);
        await send(location.href, { method: "PUT", body: bytes as BodyInit });
      }
      for (const manifest of manifestsOf(image, top)) {
        const reference = manifest.digest === top.digest ? tag : manifest.digest;
        const headers = { "Content-Type": manifest.mediaType };
        await send(`${base}/manifests/${reference}`, {
          method: "PUT",
          headers,
          body: manifest.bytes as BodyInit,
        });
      }
    },
  };
}

/** A token server, and the certificate that a registry has to believe. */
export async function startTokenServer(): Promise<{
  realm: string;
  certificate: string;
  server: RegistryServer;
}> {
  const certificate = join(scratchFolder(), "certificate.pem");
  const key = [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-keyout",
    `${certificate}.key`,
  ];
  execFileSync("openssl", ["req", "-x509", ...key, "-out", certificate, "-days", "2", "-subj", "/CN=test"], {
    stdio: "ignore",
  });
  const server = await RegistryServer.start();
  server.misdeed = ({ url = "", headers }) => {
    const { searchParams } = new URL(url, "http://x");
    const [, repository = "", actions = ""] = searchParams.get("scope")?.split(":") ?? [];
    const known = searchParams.get("service") === service && headers.authorization === basic;
    if (!known) return { status: 401, body: "{}" };
    return {
      status: 200,
      body: JSON.stringify({ token: signToken(certificate, repository, actions.split(",")) }),
    };
  };
  return { realm: `http://${server.host}/token`, certificate, server };
}

const basic = `Basic ${Buffer.from(`${user.username}:${user.password}`).toString("base64")}`;

/** A JSON Web Token with its certificate in its header, as the registry wants it. */
function signToken(certificate: string, name: string, actions: readonly string[]): string {
  const pem = readFileSync(certificate, "utf8");
  const x5c = [pem.replace(/-----.*?-----|\s/g, "")];
  const seconds = Math.floor(Date.now() / 1000);
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
  const claims = {
    iss: "test",
    sub: user.username,
    aud: service,
    nbf: seconds - 10,
    iat: seconds,
    exp: seconds + 300,
    jti: randomUUID(),
    access: [{ type: "repository", name, actions }],
  };
  const text = `${encode({ typ: "JWT", alg: "ES256", x5c })}.${encode(claims)}`;
  const key = createPrivateKey(readFileSync(`${certificate}.key`));
  const signature = createSign("sha256").update(text).sign({ key, dsaEncoding: "ieee-p1363" });
  return `${text}.${signature.toString("base64url")}`;
}

/** The image's manifests, those that others name first. */
function manifestsOf(
  image: ImageBuilder,
  top: BuiltDescriptor,
): { mediaType: string; digest: string; bytes: Uint8Array }[] {
  const bytes = image.files.get(`blobs/${top.digest.replace(":", "/")}`);
  if (bytes === undefined) throw new Error(`${top.digest} is not there`);
  const { manifests = [] } = JSON.parse(new TextDecoder().decode(bytes)) as { manifests?: BuiltDescriptor[] };
  return [...manifests.flatMap((entry) => manifestsOf(image, entry)), { ...top, bytes }];
}

function listeningAddress(stderr: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let log = "";
    stderr.on("data", (chunk) => {
      log += String(chunk);
      const [, address] = /listening on (127\.0\.0\.1:\d+)/.exec(log) ?? [];
      if (address !== undefined) resolve(address);
    });
    stderr.on("close", () => reject(new Error(`docker-registry ended: ${log}`)));
  });
}
