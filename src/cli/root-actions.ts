/** The actions on a merged root file system, which stand right below `sealstone`: what each takes, and its help. */
import { InvalidArgumentError, Option } from "commander";
import { type ActionMaker, type GroupAction, type GroupOptions, groupAction } from "./action-group.ts";
import { imageForms } from "./image-options.ts";
import { byteSize } from "./option-values.ts";
import type { RootDiffOptions } from "./root-diff.ts";
import { type RootOptions, rootOptions } from "./root-options.ts";
import type { RootCpOptions, RootLsOptions, RootTreeOptions } from "./root-reading.ts";
import type { ShellOptions } from "./shell.ts";

const image = ["[image]", "where the image is: see below; absent with --layer"] as const;

const common = `
The layers are merged as the kernel's overlayfs merges them, and every block is verified as it
is read. An image in a registry must be pinned: by @sha256:…, by --digest, or by --policy, which
holds the layers of any image against those that a policy lists. Its layers are built first, into
a temporary folder, or taken from --cache.
${imageForms}

Exit codes:
  0  done     1  refused: malformed, unreadable, or it does not hold     2  wrong usage
  70  a bug of sealstone's own    130  stopped by a signal`;

/** An action by its name. */
export interface RootAction {
  readonly name: string;
  readonly make: ActionMaker;
}

function rootAction<Options extends GroupOptions>(action: GroupAction<Options>): RootAction {
  return {
    name: action.name,
    make: groupAction({ ...action, options: [...rootOptions(), ...action.options] }),
  };
}

/** See the head of this file. */
export const rootActions: readonly RootAction[] = [
  rootAction<RootLsOptions>({
    name: "ls",
    operands: [image, ["[path]", "directory or file in it (default: its root)"]],
    summary: "list a directory of an image's merged layers",
    options: [
      new Option("-l, --long", "mode, links, owner, size, time, as ls -ln has them"),
      new Option("-R, --recursive", "all that is below, in the file system's own order"),
    ],
    help: `${common}

Examples:
  sealstone ls oci:app etc -l
  sealstone ls registry.example/team/app@sha256:… / --json
  sealstone ls --layer base.img=8b4842f0… --layer app.img=53d18c0a… usr/bin`,
    run: async (...given) => (await import("./root-reading.ts")).runLs(...given),
  }),
  rootAction<RootOptions>({
    name: "cat",
    operands: [image, ["[paths...]", "files in it"]],
    summary: "write files of an image's merged layers to standard output",
    options: [],
    help: `${common}

Examples:
  sealstone cat oci:app etc/os-release
  sealstone cat app.tar etc/passwd etc/group --json`,
    run: async (...given) => (await import("./root-reading.ts")).runCat(...given),
  }),
  rootAction<RootOptions>({
    name: "stat",
    operands: [image, ["[paths...]", "files in it (default: its root); links are not followed at the end"]],
    summary: "show all metadata of files of an image's merged layers",
    options: [],
    help: `${common}

Examples:
  sealstone stat oci:app usr/bin/ping`,
    run: async (...given) => (await import("./root-reading.ts")).runStat(...given),
  }),
  rootAction<RootTreeOptions>({
    name: "tree",
    operands: [image, ["[path]", "directory in it (default: its root)"]],
    summary: "draw a directory of an image's merged layers and all below it",
    options: [
      new Option("--depth <levels>", "how many levels below the start").argParser((text) => {
        if (!/^[0-9]{1,6}$/.test(text)) throw new InvalidArgumentError("a depth is a number of levels");
        return Number(text);
      }),
    ],
    help: `${common}

Examples:
  sealstone tree oci:app etc --depth 2`,
    run: async (...given) => (await import("./root-reading.ts")).runTree(...given),
  }),
  rootAction<RootDiffOptions>({
    name: "diff",
    operands: [
      image,
      ["[other]", "another image; absent with --against-tar and --against-folder"],
      ["[path]", "directory or file in both (default: the root)"],
    ],
    summary: "say how an image's merged layers differ from another's, a tar or a folder",
    options: [
      new Option(
        "--against-tar <file>",
        "in place of <other> a tar of a root file system; - for standard input",
      ),
      new Option("--against-folder <dir>", "in place of <other> a folder of this machine"),
      new Option("--other-digest <digest>", "the other image's digest"),
      new Option("--no-times", "times of modification are no difference"),
    ],
    help: `
A line for each file: + it is in the other alone, - in the image alone, ~ in both and different,
with what differs: type, permissions, owner, device, size or content, target, extended attributes,
time of modification. Ends with 1 where anything differs. A tar is taken as layer build
--no-whiteouts takes it. Of a folder no extended attributes are compared, and owners only where the
superuser asks; what a user cannot make, such as devices, is missing there.
${common}

Examples:
  sealstone diff oci:app:1 oci:app:2
  sealstone diff oci:app:1 oci:app:2 etc --no-times --json
  docker export app | sealstone diff oci:app --against-tar -
  sealstone diff oci:app --against-folder /mnt/root etc`,
    run: async (...given) => (await import("./root-diff.ts")).runDiff(...given),
  }),
  rootAction<RootCpOptions>({
    name: "cp",
    operands: [
      image,
      ["[path]", "file or directory in it"],
      ["[to]", "where it goes on this machine; - for a tar on standard output"],
    ],
    summary: "copy files of an image's merged layers to this machine",
    options: [new Option("--tar", "write a tar, whatever the output is called (so does an end in .tar)")],
    help: `
Into a directory that is there, or to a name that is not: nothing is replaced. The copy gets its
name once it is whole; what it does not get is named on standard error, as with layer extract.
${common}

Examples:
  sealstone cp oci:app etc/nginx ./nginx
  sealstone cp oci:app / root.tar`,
    run: async (...given) => (await import("./root-reading.ts")).runCp(...given),
  }),
  rootAction<ShellOptions>({
    name: "shell",
    operands: [image],
    summary: "look around in an image's merged layers, and try changes out",
    options: [
      new Option(
        "--scratch-size <size>",
        "room for changes, in bytes or with MiB, GiB (default: 256MiB)",
      ).argParser(byteSize),
    ],
    help: `
A prompt with completion: cd, pwd, ls, cat, stat, find, diff, cp, mv, rm, ln, mkdir, chmod, write, put,
get, help, exit. Changes are kept in memory, sealed as a container's are on its disk, and are gone at
the end; the image stays as it is, and diff says how far one is from it. Where standard input is
no terminal its lines are carried out; the first that fails ends that with 1.
${common}

Examples:
  sealstone shell oci:app
  printf 'rm -r usr/share/doc\\ndiff\\n' | sealstone shell oci:app`,
    run: async (...given) => (await import("./shell.ts")).runShell(...given),
  }),
];
