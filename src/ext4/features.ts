/** Which ext4 features are read, and which are refused by name. */
import { compatFeature, type Ext4Superblock, incompatFeature, roCompatFeature } from "./superblock.ts";

/** What `featureIncompat` may say. `mmp` guards against two writers; we are none. */
const readableIncompat =
  incompatFeature.filetype |
  incompatFeature.metaBg |
  incompatFeature.extents |
  incompatFeature.bit64 |
  incompatFeature.mmp |
  incompatFeature.flexBg |
  incompatFeature.eaInode |
  incompatFeature.csumSeed |
  incompatFeature.largeDir |
  incompatFeature.inlineData;

/** Features that only writers must know, yet by which content would be read as what it is not. */
const refusedRoCompat = roCompatFeature.bigalloc | roCompatFeature.verity;

const reasons: ReadonlyMap<string, string> = new Map([
  ["recover", "its journal holds changes that are not in place yet: mount it once, or run e2fsck"],
  ["journalDev", "it is a journal, not a file system"],
  ["encrypt", "its files are encrypted"],
  ["verity", "its files have hash trees of their own that would go unchecked"],
]);

/** Why a file system is not read, in words; undefined where it is. */
export function refusedFeatures(superblock: Ext4Superblock): string | undefined {
  const names = [
    ...namesOf(superblock.featureIncompat & ~readableIncompat, incompatFeature, "incompat"),
    ...namesOf(superblock.featureRoCompat & refusedRoCompat, roCompatFeature, "ro_compat"),
  ];
  if (names.length === 0) return undefined;
  const because = names.flatMap((name) => reasons.get(name) ?? []).map((reason) => `: ${reason}`);
  return `feature ${names.join(", ")} is not read${because.join("")}`;
}

/** The features that change how structures are read. */
export interface Ext4Features {
  readonly filetype: boolean;
  readonly metaBg: boolean;
  readonly extents: boolean;
  readonly bit64: boolean;
  readonly eaInode: boolean;
  readonly largeDir: boolean;
  readonly inlineData: boolean;
  readonly dirIndex: boolean;
  readonly sparseSuper: boolean;
  readonly sparseSuper2: boolean;
  readonly hugeFile: boolean;
  /** Descriptors have a CRC-16; not set with `metadataCsum`, which goes before it. */
  readonly gdtCsum: boolean;
  readonly metadataCsum: boolean;
  readonly csumSeed: boolean;
}

/** The features that a superblock names. */
export function featuresOf(superblock: Ext4Superblock): Ext4Features {
  const { featureCompat, featureIncompat, featureRoCompat } = superblock;
  const incompat = (bit: number): boolean => (featureIncompat & bit) !== 0;
  const roCompat = (bit: number): boolean => (featureRoCompat & bit) !== 0;
  const metadataCsum = roCompat(roCompatFeature.metadataCsum);
  return {
    filetype: incompat(incompatFeature.filetype),
    metaBg: incompat(incompatFeature.metaBg),
    extents: incompat(incompatFeature.extents),
    bit64: incompat(incompatFeature.bit64),
    eaInode: incompat(incompatFeature.eaInode),
    largeDir: incompat(incompatFeature.largeDir),
    inlineData: incompat(incompatFeature.inlineData),
    dirIndex: (featureCompat & compatFeature.dirIndex) !== 0,
    sparseSuper: roCompat(roCompatFeature.sparseSuper),
    sparseSuper2: (featureCompat & compatFeature.sparseSuper2) !== 0,
    hugeFile: roCompat(roCompatFeature.hugeFile),
    gdtCsum: roCompat(roCompatFeature.gdtCsum) && !metadataCsum,
    metadataCsum,
    csumSeed: incompat(incompatFeature.csumSeed),
  };
}

/** The names of feature bits, and in hexadecimal those without one. */
export function namesOf(bits: number, features: Readonly<Record<string, number>>, field: string): string[] {
  const known = Object.entries(features).filter(([, bit]) => (bits & bit) !== 0);
  const rest = known.reduce((left, [, bit]) => left & ~bit, bits);
  const names = known.map(([name]) => name);
  return rest === 0 ? names : [...names, `${field} 0x${(rest >>> 0).toString(16)}`];
}
