/** Chosen lists for overlays: what stands for absence. */
import { furnished, type OverlayRule } from "./overlay-rule.ts";

/** Rules by what each is about. */
export const whiteoutRules: Readonly<Record<string, OverlayRule>> = {
  "what is unlinked leaves a whiteout where a layer has it, and nothing where none has": {
    layers: [furnished],
    list: `
      unlink d/g
      unlink d/s
      unlink d/c
      unlink d/nothing
      unlink d/g
      lstat d/g
      readdir d
      mknod new file 644
      unlink new
      mkdir newd 755
      rmdir newd
      rmdir d/empty
      rmdir d/full
      unlink d/full
      rmdir d
      unlink d/full/x
      rmdir d/full
      mknod d/g file 600
      symlink x d/s
      mkdir d/c 755
      unlink d/g
      lstat d/g
      remount
      readdir d`,
  },
  "a directory made over a whiteout is opaque": {
    layers: ["mkdir d 755\nmknod d/a file 644\nmkdir d/b 755\nmknod f file 644"],
    list: `
      unlink d/a
      rmdir d/b
      rmdir d
      mkdir d 700
      readdir d
      lstat d/a
      mknod d/a fifo 644
      unlink f
      mkdir f 755
      mkdir f/x 755
      rmdir f/x
      remount
      readdir d
      unlink d/a
      rmdir d
      rmdir f
      readdir .`,
  },
  "a directory that holds whiteouts alone is empty": {
    layers: [
      "mkdir d 755\nmknod d/a file 644\nmknod d/b file 644",
      "mkdir d 755\nmknod d/a characterDevice 0 0 0",
    ],
    upper: "mkdir d 755\nmknod d/b characterDevice 0 0 0\nmknod d/c characterDevice 0 0 0",
    list: `
      readdir d
      lstat d/c
      mknod d/c file 644
      rmdir d
      unlink d/c
      rmdir d
      lstat d
      mkdir d 755
      readdir d`,
  },
  "whiteouts and opaque directories in layers": {
    layers: [
      "mkdir a 755\nmknod a/x file 644\nmknod a/y file 644\nmkdir b 755\nmknod b/x file 600\nmknod c file 644\nmknod w characterDevice 0 0 0",
      "mkdir a 700\nmknod a/x characterDevice 0 0 0\nmkdir b 711\nsetxattr b trusted.overlay.opaque 79\nmknod b/z file 644\nmknod c characterDevice 0 0 0",
      "mkdir a 750\nmknod a/new file 644\nmkdir b 755\nmkdir c 755\nmknod c/q file 644",
    ],
    list: `
      readdir .
      readdir a
      readdir b
      readdir c
      lstat a
      lstat a/x
      lstat b/x
      lstat w
      mknod a/x file 755
      mkdir w 755
      unlink a/x
      unlink c/q
      rmdir c
      mkdir c 755
      unlink b/z
      rmdir b
      remount
      readdir .
      readdir a`,
  },
  "the form of whiteouts that is an extended attribute": {
    layers: [
      "mkdir a 755\nmknod a/x file 644\nmknod a/y file 644\nmkdir a/z 755\nmkdir b 755\nmknod b/x file 644",
      `mkdir a 755
      setxattr a trusted.overlay.opaque 78
      mknod a/x file 0
      setxattr a/x trusted.overlay.whiteout -
      mknod a/z file 600
      setxattr a/z trusted.overlay.whiteout 79
      mkdir b 755
      mknod b/x file 0
      setxattr b/x trusted.overlay.whiteout -`,
    ],
    list: `
      readdir a
      lstat a/x
      lstat a/z
      readdir b
      lstat b/x
      mknod a/x fifo 644
      mkdir a/z 755
      unlink a/y
      remount
      readdir a
      listxattr a`,
  },
  "a file of the upper's that is marked as a whiteout is one while it is empty": {
    layers: ["mknod low file 644"],
    upper: `mknod f file 644
      setxattr f trusted.overlay.whiteout -
      truncate f 4096
      mkdir a 755
      mknod g file 644
      link g h
      setxattr g trusted.overlay.whiteout -
      truncate g 10`,
    list: `
      open 1 f w 644
      link f a/c
      lstat a/c
      lstat f
      truncate g 0
      link g a/g
      lstat a/g
      truncate g 5
      lstat a/g
      remount
      lstat f
      lstat g
      lstat h
      lstat a/g
      readdir a`,
  },
  "a file hides a directory below it, and the other way round": {
    layers: [
      "mkdir x 755\nmkdir x/low 755\nmknod y file 644\nmkdir z 755\nmknod z/low file 644",
      "mknod x file 644\nmkdir y 755\nmknod y/mid file 644\nmknod z file 644",
      "mkdir x 755\nmkdir x/top 755\nmkdir z 755\nmknod z/top file 644",
    ],
    list: `
      readdir x
      readdir y
      readdir z
      rmdir x/top
      rmdir x
      unlink z/top
      rmdir z
      mkdir z 755
      mkdir x 755
      readdir x
      readdir z
      unlink y/mid
      rmdir y
      mknod y file 644`,
  },
};
