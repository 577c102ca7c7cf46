/** Causes in words: what differs, between what, and what to do about it. */
import { bytesFromLatin1 } from "../../bytes/latin1.ts";
import { printableText } from "../../bytes/printable.ts";
import type { EntryDifference } from "./entry-difference.ts";
import type { EntryFieldName, FieldChange } from "./entry-effect.ts";
import type { EntryRecord } from "./entry-record.ts";
import type { Cause } from "./explanation.ts";
import { changedOptions, type OptionSet, optionText } from "./option-set.ts";

/** How long a value may be before its middle is left out. */
const valueLimit = 120;

/** A path for people: the root by its slash. */
export function shownPath(path: string): string {
  return path === "" ? "/" : printableText(bytesFromLatin1(path));
}

/** A value short enough for a line. */
export function shownValue(text: string): string {
  if (text.length <= valueLimit) return text;
  return `${text.slice(0, valueLimit - 20)}… (${text.length} characters)`;
}

const fieldNames: Readonly<Record<EntryFieldName, string>> = {
  type: "the type",
  size: "the size",
  content: "the content",
  linkTarget: "the link's target",
  device: "the device number",
  mode: "the mode",
  uid: "the owner (uid)",
  gid: "the group (gid)",
  modifiedAt: "the time of modification",
  accessedAt: "the time of access",
  changedAt: "the time of change",
  xattr: "the attribute",
};

const fieldAdvice: Readonly<Record<EntryFieldName, string>> = {
  type: "See which tool wrote the entry: links and files are not the same to a layer even where their content is.",
  size: "The file itself is another: build both from the same one.",
  content: "The file itself is another: build both from the same one.",
  linkTarget: "Make the link the same way in both; a layer keeps the target's bytes as they are.",
  device: "Give the device the same numbers in both.",
  mode: "See that umask and the tool keep the mode, or set it (tar --mode).",
  uid: "Set the owner (tar --owner=0 --group=0 --numeric-owner).",
  gid: "Set the owner (tar --owner=0 --group=0 --numeric-owner).",
  modifiedAt:
    "Set the time (SOURCE_DATE_EPOCH, tar --mtime); a layer keeps it to the nanosecond, as a PAX record has it.",
  accessedAt:
    "Leave out the record (tar --pax-option=delete=atime,delete=ctime): it is there in one only, or changes with every reading.",
  changedAt:
    "Leave out the record (tar --pax-option=delete=atime,delete=ctime): it is there in one only, or changes with every copy.",
  xattr: "See that both tools keep attributes (tar --xattrs --xattrs-include='*'), or neither does.",
};

/** One change of an entry: `the mode is 0644 in A and 0755 in B`. */
export function changeText({ name, xattr, a, b }: FieldChange): string {
  const what = xattr ? `${fieldNames[name]} ${printableText(xattr)}` : fieldNames[name];
  const show = (text: string | undefined): string => (text === undefined ? "not there" : shownValue(text));
  return `${what} is ${show(a)} in A and ${show(b)} in B`;
}

function place({ index, entry }: EntryRecord): string {
  return `entry ${index} at byte ${entry.offsetBytes}`;
}

/** What one difference between two archives is, in words. */
export function differenceText(difference: EntryDifference): string {
  const { kind, path, a, b, fields, reason, needed } = difference;
  const name = shownPath(path);
  if (kind === "changed" && a && b) {
    return `${name} (${place(a)} of A, ${place(b)} of B): ${fields.map(changeText).join("; ")}`;
  }
  if (kind === "moved" && a && b) {
    return `${name} is ${place(a)} of A and ${place(b)} of B: it stands elsewhere among the others`;
  }
  const record = a ?? b;
  const [own, other] = kind === "only-in-a" ? ["A", "B"] : ["B", "A"];
  const where = record ? ` (${place(record)})` : "";
  if (reason === "duplicate") return `${name} comes once more in ${own}${where} than in ${other}`;
  if (reason === "implied-parent" && needed) {
    const by = printableText(needed.entry.name);
    return `${own} has an entry for the folder ${name}${where}; ${other} has none and implies it by ${by} (${place(needed)})`;
  }
  return `${name} is in ${own} alone${where}`;
}

/** The cause that a first difference between two archives is. */
export function entryCause(difference: EntryDifference): Cause {
  const { kind, path, fields, reason } = difference;
  const base = { message: `${differenceText(difference)}.`, path };
  if (kind === "changed") {
    const field = fields[0]?.name ?? "content";
    return { code: "entry-changed", ...base, field, advice: fieldAdvice[field] };
  }
  if (kind === "moved") {
    const advice =
      "Write the entries in one order (tar --sort=name): inodes and blocks are numbered in the order of the archive.";
    return { code: "entry-moved", ...base, advice };
  }
  if (reason === "duplicate") {
    return { code: "entry-duplicate", ...base, advice: "Write each path once." };
  }
  if (reason === "implied-parent") {
    const advice =
      "Write an entry for the folder in both: an implied one takes mode, owner and times of the folder around it (and with hcsshim before #2270, September 2024, the time of the run).";
    return { code: "implied-parent", ...base, advice };
  }
  return { code: "entry-missing", ...base, advice: "Build both from the same files." };
}

const causeOfOption = {
  maximumDiskSizeBytes: {
    code: "maximum-disk-size",
    advice:
      "Policies (az confcom, dmverity-vhd create and roothash) use 128 GiB; dmverity-vhd tar2hashed and tar2ext4 use 16 GiB unless told otherwise. The size sets aside group descriptors, which shifts every block.",
  },
  convertWhiteout: {
    code: "whiteouts",
    advice: "Convert whiteouts (tar2ext4 -overlay): layers of a policy have them converted.",
  },
  inlineData: { code: "inline-data", advice: "Leave inline data off (no tar2ext4 -inline): policies do." },
  convertBackslash: {
    code: "backslash",
    advice: "Leave backslashes as they are (no tar2ext4 -convert-slash): policies do.",
  },
} as const;

/**
 * The causes that lie in options: one for each option that is not the same.
 *
 * @param what is the same or shows itself with `found`, as the beginning of a sentence.
 */
export function optionCauses(used: OptionSet, found: OptionSet, what: string): Cause[] {
  return changedOptions(used, found).map((option) => {
    const { code, advice } = causeOfOption[option];
    return {
      code,
      advice,
      message: `${what} with ${optionText(found, option)}, not ${optionText(used, option)}.`,
    };
  });
}
