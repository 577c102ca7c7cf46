/** Chosen lists: what any of Linux's file systems does, and ext4 in its own way. */
import { listOf, type OperationList } from "./operation.ts";

/** Lists by the rule that each is about. */
export const fileRules: ReadonlyMap<string, OperationList> = new Map(
  Object.entries({
    "names that are there, and that are not": listOf(`
      mkdir a 755
      mkdir a 755
      mknod a file 644
      symlink x a
      link a b
      unlink a
      unlink b
      rmdir b
      mkdir b/c 755
      open 1 b/c w 644
      mknod f file 644
      mkdir f/x 755
      mkdir f 755
      link f f
      link f a
      rmdir f
      rename f/x g
      rename g f/x
      rename g h/x
      readlink f
      readlink a
      readdir f
      lstat f/x
      lstat ${"n".repeat(256)}
      mkdir ${"n".repeat(256)} 755
      mkdir ${"n".repeat(255)} 755
      symlink ${"t".repeat(4095)} s
      symlink ${"t".repeat(4096)} t
      link ${"n".repeat(256)} x
      rename f ${"n".repeat(256)}`),
    "rename onto what is there": listOf(`
      mkdir d 755
      mkdir e 755
      mkdir e/x 755
      mkdir empty 755
      mknod f file 644
      mknod g fifo 644
      symlink d s
      rename f d
      rename d f
      rename d e
      rename d d/x
      rename d d
      rename d s
      rename s d
      rename e/x e
      rename e e/x/y
      rename d empty refuse
      rename d new refuse
      rename new empty
      rename f g
      rename g s
      rename nothing nothing
      rename nothing d
      rename nothing new exchange
      rename e new exchange
      rename e e exchange
      rename e/x s exchange
      rename e e/x exchange
      rename e/x e exchange
      lstat s
      lstat e/x`),
    "rename of two names of one node": listOf(`
      mknod f file 644
      link f g
      mkdir d 755
      link f d/h
      rename f g
      rename f d/h
      lstat f
      rename f g exchange
      rename f g refuse
      lstat g
      unlink f
      lstat g`),
    "rename that leaves a whiteout": listOf(`
      mkdir d 755
      mkdir e 755
      mknod f file 644
      mknod e/f file 600
      rename f d/f whiteout
      lstat f
      rename d/f e/f whiteout
      rename e/f e/f whiteout
      rename e g whiteout
      rename g d whiteout
      rename g d exchange whiteout
      rename g n refuse whiteout
      lstat g
      mknod h characterDevice 0 0 0
      lstat h`),
    "directories that hand on their group": listOf(`
      mkdir d 755
      lchown d 5 7
      chmod d 2775
      mkdir d/d 700
      mknod d/f file 4755
      mknod d/g file 2711
      open 1 d/h w 2755
      symlink x d/s
      mknod d/p fifo 644
      rename d/f d/w whiteout
      lstat d/d
      lstat d/h
      lstat d/s
      mkdir e 755
      mknod e/f file 644
      rename e/f d/moved
      lstat d/moved`),
    "owners and set-ID bits": listOf(`
      mknod f file 6755
      lchown f 1 4294967295
      lstat f
      mknod g file 6644
      lchown g 4294967295 4294967295
      lstat g
      mkdir d 755
      chmod d 6755
      lchown d 4294967294 65536
      lstat d
      symlink f s
      lchown s 3 4
      lstat s
      chmod s 7777
      lstat f`),
    times: listOf(`
      mkdir d 755
      utimens d 1.000000000 2.000000000
      mknod d/f file 644
      lstat d
      utimens d 1.000000000 2.000000000
      utimens d/f - 3.999999999
      chmod d/f 600
      lchown d/f 1 1
      setxattr d/f user.a 00
      link d/f g
      lstat d
      lstat d/f
      truncate d/f 0
      lstat d/f
      utimens d/f 5.000000000 5.000000000
      truncate d/f 10
      open 1 d/f r+ 0
      futimens 1 6.000000001 -1.500000000
      read 1 0 10
      fstat 1
      write 1 0 0 0
      fstat 1
      allocate 1 0 4096 keep
      fstat 1
      futimens 1 6.000000001 -1.500000000
      punch 1 0 4096
      fstat 1
      ftruncate 1 10
      fstat 1
      symlink x s
      utimens s 7.000000000 8.000000000
      utimens d 1.000000000 2.000000000
      unlink d/f
      lstat d
      utimens d 1.000000000 2.000000000
      rename g d/g
      utimens d 1.000000000 2.000000000
      rename d/g d/g
      lstat d
      mkdir e 755
      utimens e 1.000000000 2.000000000
      utimens . 1.000000000 2.000000000
      rename e d/e
      lstat d/e
      lstat .`),
    "a file without a name": listOf(`
      open 1 f w+ 644
      write 1 0 10000 1
      unlink f
      lstat f
      fstat 1
      write 1 9000 5000 2
      read 1 8990 20
      ftruncate 1 3
      fchmod 1 4711
      fstat 1
      sync
      open 2 f wx 600
      write 2 0 5 9
      close 1
      close 2
      lstat f`),
    "a file under another's name": listOf(`
      open 1 f w+ 644
      open 2 g w+ 644
      write 1 0 10 1
      write 2 0 20 2
      rename f g
      fstat 1
      fstat 2
      write 2 20 5 3
      read 2 0 30
      mkdir d 755
      rename g d/g
      write 1 100 5 3
      lstat d/g`),
    "flags of open": listOf(`
      open 1 f r 0
      open 1 f r+ 0
      open 1 f wx 640
      open 2 f wx 600
      open 2 f a 600
      read 2 0 10
      write 1 0 5 1
      write 2 0 5 2
      read 1 0 10
      open 3 f r 0
      write 3 0 1 1
      ftruncate 3 0
      allocate 3 0 10
      punch 3 0 10
      read 3 0 20
      open 4 f w+ 0
      fstat 3
      write 2 0 5 2
      fstat 1
      mkdir d 755
      open 5 d r 0
      open 5 d r+ 0
      open 5 d w 0
      open 5 d wx 0
      symlink f s
      open 5 s wx 644
      open 5 s a 644
      write 5 0 3 3
      symlink new t
      open 6 t w 604
      lstat new
      symlink loop loop
      open 7 loop w 644
      open 7 loop r 0
      symlink d/inside u
      open 8 u w 644
      symlink none/x v
      open 9 v w 644
      open 9 f/x w 644
      lstat d/inside`),
    "symlinks on the way": listOf(`
      mkdir a 755
      mkdir a/b 755
      symlink b a/s
      symlink /a t
      symlink ../a/b a/b/u
      symlink . here
      symlink nowhere n
      mkdir t/s/c 755
      mkdir a/b/u/u/d 755
      mknod here/here/f file 644
      lstat t
      stat t
      stat n
      mkdir n/x 755
      mkdir n 755
      symlink o p
      symlink p o
      stat o
      mkdir o/x 755
      rename t/s moved
      readdir moved
      rmdir t
      unlink t
      readdir a`),
    "what was cut off reads as zeros": listOf(`
      open 1 f w+ 644
      write 1 0 9000 7
      ftruncate 1 4100
      write 1 8000 100 1
      read 1 4090 100
      ftruncate 1 100
      ftruncate 1 5000
      read 1 90 200
      truncate f 50
      truncate f 60
      read 1 0 100
      truncate d 5
      mkdir d 755
      truncate d 5
      mknod p fifo 644
      truncate p 5`),
    "extended attributes": listOf(`
      mknod f file 644
      mkdir d 755
      symlink x s
      mknod p fifo 644
      setxattr f user.a 01
      setxattr f user.a 02 create
      setxattr f user.b 02 replace
      setxattr f user.b -
      setxattr f user.b 0304 replace
      setxattr f trusted.overlay.opaque 79
      setxattr f security.x 00
      setxattr f user. 00
      setxattr f nothing.x 00
      setxattr f user 00
      setxattr f user.${"n".repeat(251)} 00
      setxattr f user.${"n".repeat(250)} 00
      listxattr f
      getxattr f user.b
      getxattr f user.c
      getxattr f nothing.x
      getxattr f system.data
      getxattr f system.
      getxattr f system.posix_acl_access
      setxattr f system.data 00
      removexattr f system.data
      setxattr f security.capability 00
      setxattr f security.capability 0100000200000000000000000000000000000000
      setxattr f security.capability 010000020000000000000000000000000000000000000000
      getxattr f security.capability
      listxattr f
      setxattr none security.capability 00
      setxattr d security.capability 0000000300000000000000000000000000000000e8030000
      getxattr d security.capability
      removexattr f user.c
      removexattr f nothing.x
      removexattr f user.b
      setxattr s user.a 00
      setxattr s trusted.a 00
      getxattr s user.a
      removexattr s user.a
      setxattr p user.a 00
      setxattr p trusted.a 00
      listxattr s
      setxattr none user.a 00
      listxattr d`),
    "a directory that was removed": listOf(`
      mkdir a 755
      mkdir a/b 755
      open 1 a/b/f w+ 644
      rmdir a/b
      unlink a/b/f
      rmdir a/b
      rmdir a
      rmdir a
      write 1 0 10 1
      fstat 1
      mkdir a 700
      lstat a
      readdir a`),
    "device numbers": listOf(`
      mknod a characterDevice 600 4095 1048575
      mknod b blockDevice 660 255 255
      mknod c blockDevice 660 256 256
      mknod d characterDevice 0 0 0
      mknod e characterDevice 0 0 1
      mknod f socket 755
      mknod g fifo 7777
      lstat a
      lstat b
      lstat c
      open 1 a w 0
      open 2 g r 0
      open 3 f r+ 0`),
    "a file system taken up anew": listOf(`
      mkdir a 755
      open 1 a/f w 644
      write 1 0 5000 1
      unlink a/f
      open 2 a/g w 644
      write 2 3 5000 1
      setxattr a user.x 0102
      remount
      readdir a
      lstat a/g
      listxattr a
      open 1 a/g r+ 0
      read 1 0 20
      write 1 5003 10 4
      remount
      lstat a/g`),
  }),
);
