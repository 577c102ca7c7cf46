/** What the kernel is told to write into a file system: each filling shows one side of it. */
import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { run } from "./loop-mount.ts";

/** Fills a folder. */
export type Filling = (folder: string) => void;

const bytesPath = (folder: string, name: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`${folder}/`), name]);

/** Bytes that differ from block to block and from file to file. */
export function content(seed: number, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  for (let i = 0; i < sizeBytes; i++) bytes[i] = (Math.imul(i ^ (seed << 20), 0x9e3779b1) >>> 13) & 0xff;
  return bytes;
}

/** Names that are no text, that are long, that mean something to a shell or to JavaScript. */
export const names: Filling = (folder) => {
  for (let byte = 1; byte < 256; byte++) {
    if (byte !== 0x2f && byte !== 0x2e) writeFileSync(bytesPath(folder, Uint8Array.of(byte)), `${byte}`);
  }
  const odd = ["__proto__", "constructor", "a\nb", " ", "...", "..a", "*", "\\012", "é".repeat(127)];
  for (const name of [...odd, "n".repeat(255)]) writeFileSync(`${folder}/${name}`, name);
  writeFileSync(bytesPath(folder, new Uint8Array(255).fill(0xff)), "");
};

/** A way down that is longer than any path may be. */
export const deep: Filling = (folder) => {
  let path = folder;
  for (let depth = 0; depth < 40; depth++) {
    path = `${path}/d${depth}`;
    mkdirSync(path);
    writeFileSync(`${path}/file`, `${depth}`);
  }
};

/** Every type of node, with numbers at the edges of both encodings. */
export const types: Filling = (folder) => {
  for (const [kind, major, minor] of [
    ["c", 0, 0],
    ["c", 1, 3],
    ["b", 255, 255],
    ["b", 8, 256],
    ["c", 256, 1],
    ["c", 4095, 1048575],
  ] as const) {
    run("mknod", [`${folder}/${kind}-${major}-${minor}`, kind, `${major}`, `${minor}`]);
  }
  run("mkfifo", [`${folder}/fifo`]);
  // Perl is essential in Debian, and makes a socket that stays.
  run("perl", [
    "-MSocket",
    "-e",
    "socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un($ARGV[0])) or die",
    `${folder}/socket`,
  ]);
  for (const length of [1, 59, 60, 61, 200, 1000])
    symlinkSync("t".repeat(length), `${folder}/link-${length}`);
  for (const length of [59, 60]) symlinkSync(Buffer.alloc(length, 0xfe), `${folder}/odd-link-${length}`);
  run("setfattr", ["-h", "-n", "trusted.on-link", "-v", "x".repeat(300), `${folder}/link-59`]);
};

/** Modes, owners, hard links, times at every edge. */
export const metadata: Filling = (folder) => {
  for (const mode of [0o000, 0o644, 0o4755, 0o2711, 0o1777, 0o7777]) {
    writeFileSync(`${folder}/mode-${mode.toString(8)}`, "");
    chmodSync(`${folder}/mode-${mode.toString(8)}`, mode);
  }
  for (const [uid, gid] of [
    [1000, 1000],
    [65535, 65536],
    [70000, 4_000_000_000],
  ] as const) {
    writeFileSync(`${folder}/owner-${uid}`, "");
    chownSync(`${folder}/owner-${uid}`, uid, gid);
  }
  writeFileSync(`${folder}/name-1`, "one inode, three names");
  linkSync(`${folder}/name-1`, `${folder}/name-2`);
  linkSync(`${folder}/name-1`, `${folder}/name-3`);
  const seconds = [
    "-2147483648",
    "-1",
    "0",
    "1",
    "2147483647",
    "2147483648",
    "4294967296",
    "10737418240",
    "15032385535",
  ];
  for (const second of seconds) {
    for (const fraction of ["000000000", "999999999"]) {
      const path = `${folder}/time${second}.${fraction}`;
      writeFileSync(path, "");
      run("touch", ["-d", `@${second}.${fraction}`, path]);
    }
  }
};

/** Attributes in the inode, in a block, in both; ACLs; names of every prefix. */
export const xattrs: Filling = (folder) => {
  const set = (path: string, name: string, value: string): string =>
    run("setfattr", ["-n", name, "-v", value, `${folder}/${path}`]);
  for (const path of ["small", "block", "both", "acl", "many"]) writeFileSync(`${folder}/${path}`, path);
  set("small", "user.a", "b");
  set("small", "user.empty", '""');
  set("block", "user.big", "v".repeat(900));
  set("both", "user.a", "1");
  set("both", "user.big", "w".repeat(800));
  set("both", "trusted.t", "0x00ff00");
  set("both", "security.s", "0x01");
  const access = `0x02000000${"01000600ffffffff"}${"02000400e8030000"}${"02000700d0070000"}${"04000400ffffffff"}${"0800050088130000"}${"10000700ffffffff"}${"20000000ffffffff"}`;
  set("acl", "system.posix_acl_access", access);
  mkdirSync(`${folder}/acl-folder`);
  set("acl-folder", "system.posix_acl_default", access);
  writeFileSync(`${folder}/acl-folder/heir`, "");
  for (let i = 0; i < 12; i++) set("many", `user.n${i}`, "x".repeat(i * 3));
};

/** Values that have inodes of their own. */
export const largeXattrs: Filling = (folder) => {
  for (const sizeBytes of [5000, 40_000]) {
    const path = `${folder}/value-${sizeBytes}`;
    writeFileSync(path, "");
    run(
      "setfattr",
      ["--restore=-"],
      `# file: ${path}\nuser.large="${"z".repeat(sizeBytes)}"\nuser.small="s"\n`,
    );
  }
};

/** Sizes around every border, holes, stretches that are reserved and not written. */
export const files: Filling = (folder) => {
  for (const size of [
    0, 1, 59, 60, 61, 100, 136, 137, 160, 161, 255, 1023, 1024, 1025, 4095, 4096, 4097, 12_289, 70_000,
  ]) {
    writeFileSync(`${folder}/size-${size}`, content(size, size));
  }
  writeFileSync(`${folder}/large`, content(7, 1_500_000));
  const write = (name: string, sizeBytes: number, places: readonly number[]): void => {
    const file = openSync(`${folder}/${name}`, "w");
    for (const place of places) writeSync(file, content(place, 500), 0, 500, place);
    ftruncateSync(file, sizeBytes);
    closeSync(file);
  };
  write("hole", 3_000_000, []);
  write("holes", 3_000_000, [0, 100_000, 2_999_000]);
  write("far", 100_000_000, [13_000, 300_000, 70_000_000]);
};

/** Stretches that are reserved and not written, and ones that were taken out. */
export const reserved: Filling = (folder) => {
  writeFileSync(`${folder}/reserved`, "");
  run("fallocate", ["-l", "300000", `${folder}/reserved`]);
  const file = openSync(`${folder}/reserved`, "r+");
  writeSync(file, content(1, 5000), 0, 5000, 100_000);
  closeSync(file);
  writeFileSync(`${folder}/punched`, content(2, 200_000));
  run("fallocate", ["-p", "-o", "50000", "-l", "100000", `${folder}/punched`]);
};

/** A file in as many pieces as asked for, so that its extents or pointers go deep. */
export function fragments(count: number, blockSizeBytes: number): Filling {
  return (folder) => {
    const file = openSync(`${folder}/fragments`, "w");
    for (let i = 0; i < count; i++) writeSync(file, content(i, 300), 0, 300, i * 2 * blockSizeBytes);
    fsyncSync(file);
    closeSync(file);
  };
}

/** A directory of many names, some gone again. */
export function many(count: number, nameBytes = 0): Filling {
  return (folder) => {
    mkdirSync(`${folder}/many`);
    for (let i = 0; i < count; i++) {
      closeSync(openSync(`${folder}/many/${`entry-${i}`.padEnd(nameBytes, "x")}`, "w"));
    }
    for (let i = 0; i < count; i += 7) unlinkSync(`${folder}/many/${`entry-${i}`.padEnd(nameBytes, "x")}`);
    renameSync(`${folder}/many/${"entry-1".padEnd(nameBytes, "x")}`, `${folder}/many/renamed`);
  };
}

/** Small directories that grow: inline ones first within the inode, then in its attributes, then in blocks. */
export const growing: Filling = (folder) => {
  for (let count = 0; count < 16; count++) {
    mkdirSync(`${folder}/grown-${count}`);
    for (let i = 0; i < count; i++) writeFileSync(`${folder}/grown-${count}/${"e".repeat(i + 1)}`, "small");
  }
};

/** All of the above that any file system can hold. */
export const everything: readonly Filling[] = [names, deep, types, metadata, xattrs, files, growing];

/** A file of 5 GiB that is mostly hole, with something at each end and past 4 GiB. */
export const enormous: Filling = (folder) => {
  const file = openSync(`${folder}/enormous`, "w");
  for (const place of [0, 2 ** 31 - 100, 2 ** 32 - 100, 4_800_000_000])
    writeSync(file, content(3, 300), 0, 300, place);
  ftruncateSync(file, 5 * 2 ** 30);
  closeSync(file);
};
