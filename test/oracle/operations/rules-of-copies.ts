/** Chosen lists for overlays: what is copied up, and when. */
import { furnished, type OverlayRule } from "./overlay-rule.ts";

/** Rules by what each is about. */
export const copyRules: Readonly<Record<string, OverlayRule>> = {
  "a copy keeps mode, owner, times, attributes and content": {
    layers: [furnished],
    list: `
      chmod d/e/f 600
      lstat d/e/f
      lstat d/e
      lstat d
      lchown d/s 9 9
      utimens d/c 1.000000000 -
      setxattr d/p trusted.q 01
      lchown d/k 1 1
      open 1 d/h a 0
      write 1 0 10 3
      close 1
      lstat d/g
      lstat d/h
      chmod d/empty 711
      remount
      listxattr d/e/f
      lstat d/e
      lstat d`,
  },
  "what copies up": {
    layers: [furnished],
    list: `
      lstat d/g
      open 1 d/e/f r 0
      read 1 0 100
      close 1
      readdir d
      readlink d/s
      getxattr d/e/f user.f
      removexattr d/e/f user.none
      setxattr d/e/f user.f 00 create
      setxattr d/e/f user.none 00 replace
      link d/g d/h
      rename d/g d/h refuse
      open 2 d/e/f r+ 0
      close 2
      truncate d/g 5000
      utimens d/p - -
      rename d/c d/c
      rename nothing d/c
      rename d/k d/empty
      link d/p d/empty`,
  },
  "opening to cut off": {
    layers: [furnished],
    list: `
      open 1 d/e/f w 0
      fstat 1
      close 1
      listxattr d/e/f
      truncate d/g 100
      lstat d/g
      open 2 d/s a 0
      write 2 0 10 1
      lstat d/g`,
  },
  "a handle for reading sees what is written after it was opened": {
    layers: [furnished],
    list: `
      open 1 d/e/f r 0
      read 1 0 20
      open 2 d/e/f r+ 0
      write 2 0 10 9
      read 1 0 20
      fstat 1
      unlink d/e/f
      fstat 2
      write 2 5 10 8
      read 1 0 20
      open 3 d/g r 0
      unlink d/g
      read 3 0 20
      fstat 3
      unlink d/h
      fstat 3
      read 3 0 20`,
  },
  "hard links of a layer come apart when one is copied": {
    layers: ["mknod a file 644\nlink a b\nlink a c\nmkdir d 755\nlink a d/e"],
    list: `
      lstat a
      chmod a 600
      lstat a
      lstat b
      link a f
      lstat f
      link b g
      lstat b
      lstat g
      lstat c
      unlink c
      lstat d/e
      rename d/e h
      lstat h
      rename b g
      remount
      lstat a
      lstat b`,
  },
  "links to what a layer has": {
    layers: [furnished],
    list: `
      link d/e/f new
      lstat new
      lstat d/e/f
      link d/s news
      link d/c newc
      link d/e newd
      link d/empty newd
      chmod new 644
      lstat d/e/f
      unlink d/p
      link new d/p
      unlink new
      lstat d/p
      remount
      lstat d/p
      lstat d/e/f`,
  },
};
