/**
 * What the host may do, by the threat model of "Parma: Confidential Containers via Attested Execution
 * Policies" (Johnson et al., arXiv 2302.03976): its adversary controls everything outside the guest. What that
 * lets it do is split into nine points here; words and numbers are ours.
 */

/** One of the nine. */
export type ParmaPoint = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

/** What each of them is. */
export const parmaPoints: Readonly<Record<ParmaPoint, string>> = {
  1: "change what the guest is told to be: specification and policy",
  2: "change the disks of layers and scratch",
  3: "change the overlay: order, layers missing, rogue layers",
  4: "change environment variables",
  5: "change commands",
  6: "change mounts",
  7: "change messages of the network",
  8: "run processes of its own",
  9: "ask for what the guest knows: stacks, properties, memory",
};

/** The one of them that nothing here answers. */
export const outsidePoint: ParmaPoint = 7;

/** What stands against the host elsewhere, and so is not shown here. */
export const outside: readonly { readonly what: string; readonly why: string }[] = [
  { what: `the network (point ${outsidePoint})`, why: "the container's own TLS" },
  { what: "the guest's memory and registers", why: "the processor: SEV-SNP" },
  { what: "the attestation report and its signature", why: "the processor, and whoever verifies the report" },
  { what: "denial of service", why: "nobody: a host can always stop a guest" },
];
