/** Chosen lists: what the kernel makes of paths that end in slashes and dots, above any file system. */
import { listOf, type OperationList } from "./operation.ts";

const verbsOnOne = (path: string): string => `
  lstat ${path}
  stat ${path}
  readdir ${path}
  readlink ${path}
  mkdir ${path} 755
  mknod ${path} file 644
  symlink x ${path}
  link f ${path}
  link ${path} l
  unlink ${path}
  rmdir ${path}
  rename ${path} r
  rename f ${path}
  rename d ${path}
  rename ${path} r refuse
  rename f ${path} refuse
  rename ${path} f exchange
  rename ${path} nowhere exchange
  chmod ${path} 755
  lchown ${path} 0 0
  truncate ${path} 0
  open 1 ${path} r 0
  close 1
  open 1 ${path} w 644
  close 1
  open 1 ${path} wx 644
  close 1`;

/** Paths, in a folder of a directory, a file, and symlinks to both and to nothing. */
const paths = [
  ...["f/", "f/.", "f/..", "d/", "d/.", "d/..", "d/full/..", "none/", "none/.", "none/.."],
  ...[
    "sd",
    "sd/",
    "sd/.",
    "sd/..",
    "sf/",
    "sn",
    "sn/",
    "sn/x",
    "/",
    ".",
    "..",
    "//d//full//",
    "d/full/../../f",
  ],
  ...["d/./full/x", "f/x", "loop", "loop/", "loop/x"],
];

/** Lists by the path that each is about. */
export const pathRules: ReadonlyMap<string, OperationList> = new Map(
  paths.map((path) => [
    `the path ${path}`,
    listOf(`
      mknod f file 644
      mkdir d 755
      mkdir d/full 755
      mknod d/full/x file 644
      symlink d sd
      symlink f sf
      symlink none sn
      symlink loop loop
      ${verbsOnOne(path)}`),
  ]),
);
