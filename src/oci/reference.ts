/**
 * References to images in registries: `host[:port]/name[:tag][@digest]`.
 * Source: OCI distribution-spec 1.1, "Pulling manifests"; distribution/reference.
 */
import { UsageError } from "../errors.ts";
import { type Digest, isDigest } from "./digest.ts";
import { quoted } from "./quoted-text.ts";

/** A reference, its parts checked. */
export interface RegistryReference {
  /** Host, and port where it was given; in lower case. */
  readonly host: string;
  /** The repository below the host. */
  readonly repository: string;
  readonly tag: string | undefined;
  /** Counts before the tag. */
  readonly digest: Digest | undefined;
}

/** The spec's bound on host and name together. */
const maxNameLength = 255;
const component = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const hostPattern =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/**
 * Reads a reference, with or without `docker://` before it.
 *
 * No host is added to a name that has none: which registry an image comes from is
 * for the caller to say.
 *
 * @throws {UsageError} `invalid-argument` where it is none, or has no host.
 */
export function parseReference(text: string): RegistryReference {
  const bare = text.startsWith("docker://") ? text.slice("docker://".length) : text;
  const [named = "", digestText, ...rest] = bare.split("@");
  const slash = named.indexOf("/");
  const host = slash < 0 ? "" : named.slice(0, slash);
  if (!isHost(host)) {
    throw refusal(
      text,
      "names no registry: write its host out, as in registry.example/team/app:1.2 (a name without a dot, a port or localhost before the first slash is no host)",
    );
  }
  const { name: repository, tag } = splitTag(named.slice(slash + 1));
  if (!repository.split("/").every((part) => component.test(part)) || named.length > maxNameLength) {
    throw refusal(text, `has a repository that cannot be: ${quoted(repository)}`);
  }
  if (tag !== undefined && !tagPattern.test(tag))
    throw refusal(text, `has a tag that cannot be: ${quoted(tag)}`);
  if (rest.length > 0 || (digestText !== undefined && !isDigest(digestText))) {
    throw refusal(text, "has no digest behind the @: sha256: and 64 hex digits");
  }
  const digest = digestText as Digest | undefined;
  return {
    host: host.toLowerCase(),
    repository,
    tag: digest === undefined ? (tag ?? "latest") : tag,
    digest,
  };
}

/** As it is written: `host/name:tag@digest`. */
export function formatReference({ host, repository, tag, digest }: RegistryReference): string {
  return `${host}/${repository}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

/** True for a host that is this machine, which is spoken to without TLS. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?::\d+)?$/.test(host);
}

/** A host has a dot, a port, or is `localhost`: as everywhere where such references are read. */
function isHost(text: string): boolean {
  return hostPattern.test(text) && (/[.:]/.test(text) || text.toLowerCase() === "localhost");
}

function splitTag(text: string): { name: string; tag: string | undefined } {
  const colon = text.lastIndexOf(":");
  if (colon < 0 || text.indexOf("/", colon) >= 0) return { name: text, tag: undefined };
  return { name: text.slice(0, colon), tag: text.slice(colon + 1) };
}

function refusal(text: string, problem: string): UsageError {
  return new UsageError("invalid-argument", `${quoted(text)} ${problem}`);
}
