/** The options that change a layer's root hash, and which sets of them are worth trying. */
import { rawBaseName } from "./entry-path.ts";
import type { EntryRecord, NameRules } from "./entry-record.ts";

/** All of them. */
export interface OptionSet extends NameRules {
  readonly maximumDiskSizeBytes: number;
  readonly inlineData: boolean;
}

/** The two sizes in use: of the policy tools and of containerd's differ, and the library's own. */
export const commonDiskSizes: readonly number[] = [128 * 2 ** 30, 16 * 2 ** 30];

/** What `dmverity-vhd` and with it `az confcom` use. */
export const policyOptions: OptionSet = {
  convertWhiteout: true,
  convertBackslash: false,
  inlineData: false,
  maximumDiskSizeBytes: 128 * 2 ** 30,
};

/**
 * Sets that could give another root hash for an archive than `used` does: the
 * most likely first, `used` itself left out. What cannot matter for these
 * entries is not varied.
 *
 * @param records the archive's entries; without them everything is varied.
 */
export function otherOptionSets(used: OptionSet, records?: readonly EntryRecord[]): OptionSet[] {
  const names = namesOf(records);
  const sizes = [...new Set([used.maximumDiskSizeBytes, ...commonDiskSizes])];
  const either = (value: boolean, matters: boolean): boolean[] => (matters ? [value, !value] : [value]);
  const sets: OptionSet[] = [];
  for (const inlineData of either(used.inlineData, true)) {
    for (const convertBackslash of either(used.convertBackslash, names.backslash)) {
      for (const convertWhiteout of either(used.convertWhiteout, names.whiteout)) {
        for (const maximumDiskSizeBytes of sizes) {
          sets.push({ maximumDiskSizeBytes, convertWhiteout, convertBackslash, inlineData });
        }
      }
    }
  }
  const changes = (set: OptionSet): number => changedOptions(used, set).length;
  return sets.filter((set) => changes(set) > 0).sort((a, b) => changes(a) - changes(b));
}

/** The names of the options in which two sets differ. */
export function changedOptions(a: OptionSet, b: OptionSet): (keyof OptionSet)[] {
  const names = ["maximumDiskSizeBytes", "convertWhiteout", "inlineData", "convertBackslash"] as const;
  return names.filter((name) => a[name] !== b[name]);
}

function namesOf(records: readonly EntryRecord[] | undefined): { backslash: boolean; whiteout: boolean } {
  if (records === undefined) return { backslash: true, whiteout: true };
  const holds = (bytes: Uint8Array): boolean => bytes.includes(0x5c);
  const backslash = records.some(({ entry }) => holds(entry.name) || holds(entry.linkName));
  const turned = { convertWhiteout: true, convertBackslash: true };
  const plain = { ...turned, convertBackslash: false };
  const whiteout = records.some(({ entry: { name } }) =>
    [plain, turned].some((rules) => rawBaseName(name, rules).startsWith(".wh.")),
  );
  return { backslash, whiteout };
}

/** An option set in words. */
export function optionsText(set: OptionSet): string {
  const always = ["maximumDiskSizeBytes", "convertWhiteout"] as const;
  const more = (["inlineData", "convertBackslash"] as const).filter((name) => set[name]);
  return [...always, ...more].map((name) => optionText(set, name)).join(", ");
}

/** One option of a set in words. */
export function optionText(set: OptionSet, option: keyof OptionSet): string {
  switch (option) {
    case "maximumDiskSizeBytes": {
      const gib = set.maximumDiskSizeBytes / 2 ** 30;
      return `a maximum disk size of ${Number.isInteger(gib) ? `${gib} GiB` : `${set.maximumDiskSizeBytes} bytes`}`;
    }
    case "convertWhiteout":
      return `whiteouts ${set.convertWhiteout ? "converted" : "kept as files"}`;
    case "inlineData":
      return `${set.inlineData ? "" : "no "}inline data`;
    case "convertBackslash":
      return `backslashes ${set.convertBackslash ? "taken for slashes" : "kept"}`;
  }
}
