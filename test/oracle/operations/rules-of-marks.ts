/** Chosen lists for overlays: overlayfs's own attributes, and what directories show. */
import { type OverlayRule, written } from "./overlay-rule.ts";

/** Rules by what each is about. */
export const markRules: Readonly<Record<string, OverlayRule>> = {
  "marks are the overlay's own": {
    layers: [
      "mknod f file 644\nmkdir d 755\nsetxattr d trusted.overlay.x 00\nsetxattr f trusted.overlay.origin 00",
    ],
    list: `
      mknod w characterDevice 0 0 0
      mknod v characterDevice 600 0 1
      listxattr d
      getxattr d trusted.overlay.opaque
      getxattr d trusted.overlay.x
      setxattr d trusted.overlay.opaque 79
      getxattr d trusted.overlay.opaque
      listxattr d
      setxattr d trusted.overlay.overlay.opaque 79
      listxattr d
      removexattr d trusted.overlay.opaque
      removexattr d trusted.overlay.opaque
      setxattr f trusted.overlay. 00
      setxattr f trusted.overlay 00
      setxattr f user.overlay.opaque 79
      listxattr f
      rename f g whiteout
      chmod d 700
      remount
      listxattr d
      listxattr f`,
  },
  "escaped marks in a layer": {
    layers: [
      "mkdir d 755\nmknod d/x file 644\nmknod f file 644",
      `mkdir d 755
      setxattr d trusted.overlay.overlay.opaque 79
      mknod f file 600
      setxattr f trusted.overlay.overlay.whiteout -`,
    ],
    list: `
      readdir d
      listxattr d
      getxattr d trusted.overlay.opaque
      listxattr f
      chmod d 711
      chmod f 611
      listxattr d
      listxattr f`,
  },
  "opaque says y, and nothing else": {
    layers: [
      "mkdir a 755\nmknod a/low file 644\nmkdir b 755\nmknod b/low file 644\nmkdir c 755\nmknod c/low file 644\nmkdir e 755\nmknod e/low file 644",
      `mkdir a 755
      setxattr a trusted.overlay.opaque 6e
      mkdir b 755
      setxattr b trusted.overlay.opaque 7979
      mkdir c 755
      setxattr c trusted.overlay.opaque -
      mkdir e 755
      setxattr e user.overlay.opaque 79`,
    ],
    list: `
      readdir a
      readdir b
      readdir c
      readdir e`,
  },
  "redirects and metacopy that are not followed": {
    layers: [
      `mkdir old 755
      mknod old/x file 644
      ${written("data", "644", 3)}`,
      `mkdir new 755
      setxattr new trusted.overlay.redirect 2f6f6c64
      mknod data file 600
      setxattr data trusted.overlay.metacopy -
      mknod plain file 644`,
    ],
    options: "redirect_dir=nofollow",
    list: `
      lstat new
      lstat data
      lstat plain
      stat old/x
      mkdir new/sub 755
      chmod data 644
      unlink data`,
  },
  "groups that are handed on in what was copied": {
    layers: ["mkdir d 755\nlchown d 0 7\nchmod d 2775\nmknod d/f file 644\nmkdir d/e 755"],
    list: `
      mkdir d/new 755
      mknod d/g file 644
      unlink d/f
      mknod d/f file 600
      rmdir d/e
      mkdir d/e 700
      symlink x d/s
      lstat d/new
      lstat d/g
      lstat d/f
      lstat d/e
      open 1 d/h wx 2711
      fstat 1
      chmod d/e 755
      mknod r file 644
      rename r d/r
      lstat d/r`,
  },
  "times of directories": {
    layers: [
      `mkdir a 755
      mknod a/f file 644
      mkdir a/d 755
      mknod a/d/g file 644
      utimens a/d 3.000000000 4.000000000
      utimens a 1.000000000 2.000000000`,
    ],
    list: `
      chmod a/d/g 600
      lstat a
      lstat a/d
      unlink a/d/g
      lstat a/d
      utimens a/d 3.000000000 4.000000000
      rename a/f a/d/f
      lstat a
      lstat a/d
      utimens a 3.000000000 4.000000000
      mkdir a/n 755
      lstat a
      utimens . 3.000000000 4.000000000
      chmod a 711
      lstat .
      setxattr . user.root 01
      lstat .`,
  },
  "links of directories": {
    layers: ["mkdir a 755\nmkdir a/b 755\nmkdir a/c 755", "mkdir a 755\nmkdir z 755\nmkdir z/y 755"],
    list: `
      lstat a
      lstat z
      lstat .
      mkdir n 755
      mkdir n/m 755
      lstat n
      chmod z 700
      lstat z
      mkdir z/x 755
      lstat z
      rmdir z/y
      lstat z
      remount
      lstat z
      lstat n
      lstat a`,
  },
  "one layer after another is copied from": {
    layers: Array.from(
      { length: 40 },
      (_, layer) => `
        mkdir d 7${layer % 8}5
        mkdir d/${layer} 755
        mknod d/${layer}/f file 644
        mknod d/${(layer + 1) % 40} ${layer % 3 === 0 ? "characterDevice 0 0 0" : "file 600"}`,
    ),
    list: `
      readdir d
      lstat d
      ${Array.from({ length: 40 }, (_, layer) => `chmod d/${layer} 711`).join("\n")}
      unlink d/7
      rmdir d/8
      mkdir d/7 755
      readdir d`,
  },
};
