/** Capabilities against those of listed containers: five sets, each to be the same. */
import { defaultPrivilegedCapabilities, defaultUnprivilegedCapabilities } from "../default-capabilities.ts";
import type { Capabilities, Container } from "./shapes.ts";

/** The sets that a process has. */
export const capabilityKinds = ["bounding", "effective", "inheritable", "permitted", "ambient"] as const;

/** What a container may have: what is listed, or what is usual. */
export function capabilitiesOf(
  { capabilities, allow_elevated }: Container,
  privileged: boolean,
): Capabilities {
  if (capabilities !== null) return capabilities;
  return privileged && allow_elevated
    ? defaults(defaultPrivilegedCapabilities, defaultPrivilegedCapabilities)
    : defaults(defaultUnprivilegedCapabilities, []);
}

function defaults(all: readonly string[], inheritable: readonly string[]): Capabilities {
  return { bounding: all, effective: all, inheritable, permitted: all, ambient: [] };
}

/** Whether two lists are as long and have the same members. */
export function sameMembers(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item) => b.includes(item)) && b.every((item) => a.includes(item));
}

/** Whether all sets are the same. */
export function sameCapabilities(a: Capabilities, b: Capabilities): boolean {
  return capabilityKinds.every((kind) => sameMembers(a[kind], b[kind]));
}

/** What several containers leave of what was asked, of those that leave the most; each answer once. */
export function mostCapabilities(
  items: readonly Container[],
  asked: Capabilities,
  privileged: boolean,
): readonly Capabilities[] {
  const shares = items.map((item) => shared(capabilitiesOf(item, privileged), asked));
  const most = Math.max(...shares.map(count));
  const largest: Capabilities[] = [];
  for (const share of shares) {
    if (count(share) === most && !largest.some((known) => sameCapabilities(known, share)))
      largest.push(share);
  }
  return largest;
}

/** Sets in the order of their members, as Rego hands them out. */
function shared(allowed: Capabilities, asked: Capabilities): Capabilities {
  const both = (kind: keyof Capabilities): readonly string[] =>
    Array.from(new Set(asked[kind].filter((cap) => allowed[kind].includes(cap)))).sort();
  return {
    bounding: both("bounding"),
    effective: both("effective"),
    inheritable: both("inheritable"),
    permitted: both("permitted"),
    ambient: both("ambient"),
  };
}

function count(capabilities: Capabilities): number {
  return capabilityKinds.reduce((sum, kind) => sum + capabilities[kind].length, 0);
}
