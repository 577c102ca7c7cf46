/** What this machine runs. */
import { endianness } from "node:os";
import type { Platform } from "./platform.ts";

/** Linux, whatever this machine runs: there are no other layers. Architectures in Go's words. */
export function hostPlatform(): Platform {
  const little = endianness() === "LE";
  const names: ReadonlyMap<string, string> = new Map([
    ["x64", "amd64"],
    ["ia32", "386"],
    ["ppc64", little ? "ppc64le" : "ppc64"],
    ["mips64el", "mips64le"],
    ["loong64", "loong64"],
  ]);
  return { os: "linux", architecture: names.get(process.arch) ?? process.arch, variant: undefined };
}
