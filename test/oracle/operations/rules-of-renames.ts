/** Chosen lists for overlays: renames. */
import { furnished, type OverlayRule } from "./overlay-rule.ts";

/** Rules by what each is about. */
export const renameRules: Readonly<Record<string, OverlayRule>> = {
  "directories that a layer has cannot be renamed": {
    layers: ["mkdir low 755\nmkdir low/x 755\nmkdir empty 755\nmkdir merged 755\nmknod f file 644"],
    upper: "mkdir merged 755\nmkdir up 755\nmknod up/u file 644\nmkdir upempty 755",
    list: `
      rename low new
      rename empty new
      rename merged new
      rename low up
      rename low upempty
      rename low f
      rename low low/x/y
      rename low/x low
      rename low low
      rename low empty exchange
      rename up low exchange
      rename f low exchange
      rename low f exchange
      rename up low refuse
      rename up low
      rename up merged
      rename up empty
      readdir empty
      lstat empty
      rename upempty merged
      rename upempty new
      mkdir here 755
      mkdir here/in 755
      rename here there
      rename there new
      remount
      readdir .
      rename there merged/there
      readdir merged`,
  },
  "a directory that came to stand over another is opaque": {
    layers: ["mkdir a 755\nmkdir b 755\nmknod b/x file 644\nmkdir e 755\nmkdir e/f 755"],
    list: `
      mkdir new 755
      mknod new/y file 644
      rename new a
      readdir a
      unlink b/x
      rmdir b
      mkdir other 755
      rename other b
      readdir b
      mkdir third 755
      mkdir third/f 755
      rename third/f e/f
      rename third e
      rename third e/g
      mkdir four 755
      rename a four exchange
      remount
      readdir b
      readdir a
      readdir four
      readdir e`,
  },
  "renames leave whiteouts where a layer has the old name": {
    layers: [furnished, "mkdir t 755\nmknod t/a file 644\nmknod t/b file 644\nmknod u file 644"],
    list: `
      rename t/a t/new
      rename t/b t/a
      rename t/a t/b
      readdir t
      rename u t/u
      rename d/e/f moved
      lstat moved
      rename moved d/e/f
      lstat d/e/f
      rename d/s d/p
      rename d/c d/s
      rename d/g d/h
      lstat d/g
      lstat d/h
      rename t/new u whiteout
      mknod up file 644
      rename up up2
      rename up2 t/u
      rename up up2
      remount
      readdir t
      readdir d`,
  },
  "renames onto whiteouts": {
    layers: ["mknod a file 644\nmknod b file 600\nmkdir c 755\nmkdir c/x 755\nmkdir d 755"],
    list: `
      unlink a
      rename b a refuse
      rename a b refuse
      unlink a
      mkdir n 755
      rename n a
      readdir a
      rmdir d
      mkdir m 755
      rename m d refuse
      rename a nothing exchange
      rename d b exchange
      rmdir c/x
      mknod f file 644
      rename f c/x
      rename c/x c/y
      lstat c/x
      remount
      readdir c
      readdir .`,
  },
  exchanges: {
    layers: [
      "mknod a file 644\nmknod b file 600\nsymlink x s\nmkdir d 755\nmknod d/in file 644\nmkdir e 755",
    ],
    list: `
      rename a b exchange
      lstat a
      lstat b
      rename a s exchange
      readlink a
      mkdir new 755
      mkdir new2 755
      mknod new2/z file 644
      rename new new2 exchange
      rename new a exchange
      lstat a
      rename a d/in exchange
      readdir d/in
      rename d e exchange
      rename new2 d exchange
      rename a a exchange
      mknod fresh file 600
      rename fresh b exchange
      rename fresh none exchange
      remount
      readdir .
      readdir d
      lstat a`,
  },
};
