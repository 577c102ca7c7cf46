/**
 * Credentials from Docker's configuration: `$DOCKER_CONFIG/config.json`, else
 * `~/.docker/config.json`, with the helper programs that it names.
 * Source: docker/cli, "docker login", "Credential helper protocol".
 */
import { spawn } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../errors.ts";
import type { Credential, CredentialProvider } from "./credentials.ts";
import { JsonObject } from "./json-document.ts";
import { quoted } from "./quoted-text.ts";

/** Where Docker's configuration is, and how long a helper may take. */
export interface DockerCredentialsOptions {
  /** The folder of `config.json`. */
  readonly folder?: string;
  /** Helpers may ask a person or a server, in ms. */
  readonly helperTimeoutMs?: number;
}

const maxConfigSizeBytes = 4 * 1024 * 1024;
const maxHelperOutputBytes = 256 * 1024;
const defaultHelperTimeoutMs = 60_000;
/** The user name that stands for an identity token. */
const tokenUser = "<token>";

/**
 * Looks credentials up anew each time it is asked. A host without an entry has none;
 * what is there and cannot be read is an error, lest a private image be asked for as nobody.
 *
 * Its errors name files, hosts and helpers, and never what they hold.
 */
export function dockerCredentials(options: DockerCredentialsOptions = {}): CredentialProvider {
  const folder = options.folder ?? process.env["DOCKER_CONFIG"] ?? join(homedir(), ".docker");
  return async (host) => {
    const config = await readConfig(join(folder, "config.json"));
    if (config === undefined) return undefined;
    const helper = helperFor(config, host);
    if (helper !== undefined) {
      const found = await askHelper(helper, host, options.helperTimeoutMs ?? defaultHelperTimeoutMs);
      if (found !== undefined) return found;
    }
    return storedCredential(config, host);
  };
}

async function readConfig(path: string): Promise<JsonObject | undefined> {
  try {
    const { size } = await stat(path);
    if (size > maxConfigSizeBytes) throw unreadable(path, "is larger than such a file can be");
    return JsonObject.parse(await readFile(path), path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (code === "EACCES" || code === "EISDIR") throw unreadable(path, "cannot be read");
    throw error;
  }
}

/** The host's own helper, else the one for all. */
function helperFor(config: JsonObject, host: string): string | undefined {
  const own = [...config.textMap("credHelpers")].find(([key]) => hostOfKey(key) === host)?.[1];
  const name = own ?? config.optionalText("credsStore");
  if (name === undefined) return undefined;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) {
    throw new UsageError(
      "invalid-argument",
      `Docker's configuration names ${quoted(name)}, which is no helper`,
    );
  }
  return name;
}

function storedCredential(config: JsonObject, host: string): Credential | undefined {
  const auths = config.optionalObject("auths");
  const key = auths?.entries().find(([name]) => hostOfKey(name) === host)?.[0];
  const entry = key === undefined ? undefined : auths?.optionalObject(key);
  if (entry === undefined) return undefined;
  const identityToken = entry.optionalText("identitytoken");
  if (identityToken !== undefined) return { kind: "identity-token", token: identityToken };
  const registryToken = entry.optionalText("registrytoken");
  if (registryToken !== undefined) return { kind: "registry-token", token: registryToken };
  const auth = entry.optionalText("auth");
  if (auth !== undefined) return decodeAuth(auth, host);
  const username = entry.optionalText("username");
  return username === undefined ? undefined : credentialOf(username, entry.optionalText("password") ?? "");
}

/** `user:password` in base64. */
function decodeAuth(auth: string, host: string): Credential {
  const text = Buffer.from(auth, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 1) {
    throw new UsageError(
      "invalid-argument",
      `Docker's configuration holds no user and password for ${host}: log in anew`,
    );
  }
  return credentialOf(text.slice(0, colon), text.slice(colon + 1).replace(/\0+$/, ""));
}

function credentialOf(username: string, secret: string): Credential {
  return username === tokenUser
    ? { kind: "identity-token", token: secret }
    : { kind: "password", username, password: secret };
}

/** `https://host/v1/` and `host` are one. */
function hostOfKey(key: string): string {
  return key
    .replace(/^https?:\/\//, "")
    .replace(/\/.*$/s, "")
    .toLowerCase();
}

async function askHelper(name: string, host: string, timeoutMs: number): Promise<Credential | undefined> {
  const program = `docker-credential-${name}`;
  const { code, output } = await runHelper(program, host, timeoutMs);
  const text = new TextDecoder().decode(output);
  if (code !== 0) {
    // The protocol's words for "there is none".
    if (/credentials not found/i.test(text)) return undefined;
    throw new UsageError(
      "invalid-argument",
      `${program} failed for ${host} (exit code ${code}): log in anew`,
    );
  }
  const answer = JsonObject.parse(output, `the answer of ${program}`);
  return credentialOf(answer.optionalText("Username") ?? "", answer.text("Secret"));
}

function runHelper(
  program: string,
  host: string,
  timeoutMs: number,
): Promise<{ code: number | null; output: Uint8Array }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ["get"], { stdio: ["pipe", "pipe", "ignore"] });
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    const giveUp = (problem: string): void => {
      clearTimeout(timer);
      child.kill();
      // What the helper itself started may live on, and hold the other end.
      child.stdout.destroy();
      child.unref();
      reject(
        new UsageError("invalid-argument", `${program}, which Docker's configuration names, ${problem}`),
      );
    };
    const timer = setTimeout(() => giveUp("does not end"), timeoutMs);
    child.stdout.on("data", (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes > maxHelperOutputBytes) giveUp("says more than any credentials could be");
      else chunks.push(chunk);
    });
    child.on("error", () => giveUp("cannot be run"));
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, output: Buffer.concat(chunks) });
    });
    // A helper that does not read what it is asked says so by its exit code.
    child.stdin.on("error", () => {});
    child.stdin.end(`${host}\n`);
  });
}

function unreadable(path: string, problem: string): UsageError {
  return new UsageError("invalid-argument", `${path} ${problem}`, { at: { path } });
}
