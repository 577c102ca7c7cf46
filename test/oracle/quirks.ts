/**
 * Where a layer's image is known to differ from what GNU tar extracts, from what
 * the kernel can show, or from what e2fsck likes: the format keeps these things
 * badly, and must, for equal hashes. Whatever is not named here is a failure.
 */
import type { ArchiveNames } from "./archive-names.ts";
import type { ListedNode, TreeListing } from "./tree-listing.ts";

/** Says that a difference is known. */
export type Known = (path: string, field: keyof ListedNode | "absent") => boolean;

/** What is compared with an extraction: not what the disk says for itself, such as the time of the extraction. */
export const extractedFields: readonly (keyof ListedNode)[] = [
  ...(["type", "permissions", "uid", "gid", "linkCount", "sizeBytes", "device"] as const),
  ...(["content", "modifiedNs", "firstName", "xattrs"] as const),
];

/** What is particular to one archive. */
export interface ArchiveQuirks {
  /** Lines of e2fsck beside the usual one. */
  readonly fsck?: RegExp;
  /** Paths of which the kernel does not show this. */
  readonly hiddenByKernel?: ReadonlyMap<string, keyof ListedNode | "absent">;
  /** Paths that cannot be given the attributes that they have in the archive. */
  readonly attributesRefused?: readonly string[];
  /** GNU tar and the image mean different things by these paths. */
  readonly readOtherwise?: readonly string[];
  /** Why GNU tar's extraction is not looked at. */
  readonly notForGnuTar?: string;
}

/** The golden archives with something of their own. */
export const goldenQuirks: ReadonlyMap<string, ArchiveQuirks> = new Map<string, ArchiveQuirks>([
  ["00-zerobytes", { notForGnuTar: "it takes an empty stream for no archive" }],
  [
    "09-symlinks",
    {
      // The kernel refuses a symlink without target (EUCLEAN), and shows 4095 bytes of a target that is longer.
      hiddenByKernel: new Map([
        ["empty-target", "absent"],
        ["l4096", "content"],
        ["l5000", "content"],
      ]),
      fsck: /^(?:Entry '(?:empty-target|l4096|l5000)' in|Symlink \/(?:empty-target|l4096|l5000) )/,
      notForGnuTar: "it cannot make symlinks without target, or with one longer than a path",
    },
  ],
  [
    "14-xattrs",
    {
      // ACLs are stored as they come, which is not ext4's form; the kernel knows no names but those of its prefixes.
      hiddenByKernel: new Map([
        ["acl", "xattrs"],
        ["noprefix", "xattrs"],
      ]),
      attributesRefused: ["acl", "noprefix"],
    },
  ],
  // Times before 1970 are shown as after 2310.
  ["17-times", { fsck: /^Timestamp\(s\) on inode \d+ beyond 2310-04-04 are likely pre-1970/ }],
  ["21-path-cleaning", { notForGnuTar: "it refuses names with `..`" }],
  // A volume label and a global header are no files for GNU tar; in a layer everything is a file that is nothing else.
  ["23-typeflags", { readOtherwise: ["vol", "pax_global_header"] }],
  ["24-pax-global", { readOtherwise: ["GlobalHead.0", "a"] }],
  ["e22-data-after-opq-empty-file", { notForGnuTar: "it has a name below a file" }],
  // More than twelve attributes in a block stand in an order in which the kernel does not find them.
  [
    "34-xattr-block-order",
    {
      hiddenByKernel: new Map([
        ["x20", "xattrs"],
        ["x40", "xattrs"],
      ]),
    },
  ],
]);

/** What the kernel is known to show otherwise than our reader. */
export function knownToKernel(ours: TreeListing, theirs: TreeListing, quirks: ArchiveQuirks = {}): Known {
  return (path, field) => {
    if (quirks.hiddenByKernel?.get(path) === field) return true;
    if (field === "xattrs") return differByUserAttributes(ours.get(path), theirs.get(path));
    // The highest number means "none"; the kernel shows "nobody" in its place.
    if (field === "uid" || field === "gid") return ours.get(path)?.[field] === 2 ** 32 - 1;
    return false;
  };
}

/** What GNU tar is known to make otherwise. */
export function knownToGnuTar(
  ours: TreeListing,
  theirs: TreeListing,
  names: ArchiveNames,
  quirks: ArchiveQuirks = {},
): Known {
  return (path, field) => {
    const [a, b] = [ours.get(path), theirs.get(path)];
    if (quirks.readOtherwise?.includes(path)) return true;
    // Every ext4 has one; no archive does.
    if (field === "absent") return path === "lost+found";
    if (a === undefined || b === undefined) return false;
    // GNU tar takes the highest number for an error, and makes root the owner.
    if (field === "uid" || field === "gid") {
      if (a[field] === 2 ** 32 - 1) return true;
    }
    // Seconds below 0 and from 2^31 on lose or gain their upper bits in the image.
    if (field === "modifiedNs" && (b.modifiedNs < 0n || b.modifiedNs >= 2n ** 31n * 1_000_000_000n))
      return true;
    if (field === "xattrs") {
      return quirks.attributesRefused?.includes(path) === true || differByUserAttributes(a, b);
    }
    if (a.type !== "directory") return false;
    // Each file system counts these in its own way.
    if (field === "sizeBytes" || field === "linkCount") return true;
    // A folder without an entry: as its parent in the image, as the umask and the clock will have it on the disk.
    if (!names.folders.has(path)) {
      return field === "permissions" || field === "uid" || field === "gid" || field === "modifiedNs";
    }
    // What is added to a folder after GNU tar set its time changes that.
    return field === "modifiedNs" && names.revisited.has(path);
  };
}

/** `user.` is for files and folders: the kernel neither shows nor takes it elsewhere. */
function differByUserAttributes(ours?: ListedNode, theirs?: ListedNode): boolean {
  if (ours === undefined || ours.type === "file" || ours.type === "directory") return false;
  const others = ours.xattrs.filter((xattr) => !xattr.startsWith("user."));
  return others.join() === theirs?.xattrs.join();
}
