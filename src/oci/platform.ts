/**
 * Platforms of images, `os/architecture[/variant]`.
 * Source: OCI image-spec 1.1, image-index.md; normalisation as containerd's `platforms`.
 */
import { UsageError } from "../errors.ts";
import { quoted } from "./quoted-text.ts";

/** What an image runs on, in Go's words. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string | undefined;
}

/** Which of an image's platforms is wanted. */
export interface PlatformChoice {
  readonly platform: Platform;
  /**
   * Refuses an image that is not for it. Otherwise an image that exists for one
   * platform alone, without an index, is taken whatever that is.
   */
  readonly required: boolean;
}

/** Variants that are what the architecture means when none is named. */
const defaultVariants: ReadonlyMap<string, string> = new Map([
  ["arm64", "v8"],
  ["arm", "v7"],
  ["amd64", "v1"],
]);

/** Names that an architecture also goes by. */
const architectureAliases: ReadonlyMap<string, string> = new Map([
  ["x86_64", "amd64"],
  ["x86-64", "amd64"],
  ["aarch64", "arm64"],
]);

/**
 * A platform as a caller writes it.
 *
 * @throws {UsageError} `invalid-argument` for what is not `os/architecture` or `os/architecture/variant`.
 */
export function parsePlatform(text: string): Platform {
  const match =
    /^([A-Za-z0-9][A-Za-z0-9_.-]{0,63})\/([A-Za-z0-9][A-Za-z0-9_.-]{0,63})(?:\/([A-Za-z0-9][A-Za-z0-9_.-]{0,63}))?$/.exec(
      text,
    );
  const [, os = "", architecture = "", variant] = match ?? [];
  if (match === null) {
    throw new UsageError(
      "invalid-argument",
      `${quoted(text)} is no platform: write os/architecture or os/architecture/variant, such as linux/amd64 or linux/arm/v7`,
    );
  }
  const lower = architecture.toLowerCase();
  return {
    os: os.toLowerCase(),
    architecture: architectureAliases.get(lower) ?? lower,
    variant: variant?.toLowerCase(),
  };
}

/** `os/architecture`, and the variant where there is one. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

/** True where both mean the same machine, a variant that goes without saying included. */
export function samePlatform(a: Platform, b: Platform): boolean {
  return a.os === b.os && a.architecture === b.architecture && variantOf(a) === variantOf(b);
}

function variantOf({ architecture, variant }: Platform): string | undefined {
  return variant ?? defaultVariants.get(architecture);
}
