/** Chosen lists: what is ext4's own. */
import { listOf, type OperationList } from "./operation.ts";

/** What is ext4's own: its limits, and where it keeps what. */
export const ext4Rules: ReadonlyMap<string, OperationList> = new Map(
  Object.entries({
    "times at the ends of what ext4 can hold": listOf(`
      mknod f file 644
      utimens f -2147483648.000000000 15032385535.999999999
      lstat f
      utimens f 4294967295.000000000 6442450944.000000001
      lstat f`),

    "holes, and space without content, as they read": listOf(`
      open 1 f w+ 644
      write 1 100000 10 1
      read 1 0 100
      read 1 99990 40
      allocate 1 20000 10000
      fstat 1
      write 1 24576 4096 5
      allocate 1 200000 5000 keep
      fstat 1
      allocate 1 200000 5000
      fstat 1
      punch 1 24580 4000
      read 1 24570 50
      read 1 28570 20
      punch 1 24576 4096
      punch 1 90000 1000000
      fstat 1
      read 1 89990 20
      ftruncate 1 5000000000
      fstat 1
      write 1 4999999999 10 3
      ftruncate 1 4097
      ftruncate 1 8192
      read 1 4090 50
      allocate 1 0 0
      punch 1 0 0
      fstat 1`),
    // Without reading: the kernel takes space without content for data while it has it in its cache.
    "what is a hole, and what is not": listOf(`
      open 1 f w+ 644
      write 1 100000 10 1
      fsync 1
      stretches 1
      allocate 1 20000 10000
      fstat 1
      write 1 24576 4096 5
      fsync 1
      stretches 1
      allocate 1 200000 5000 keep
      fstat 1
      allocate 1 200000 5000
      fstat 1
      punch 1 24580 4000
      punch 1 24576 4096
      fsync 1
      stretches 1
      punch 1 90000 1000000
      fstat 1
      fsync 1
      stretches 1
      ftruncate 1 5000000000
      fstat 1
      write 1 4999999999 10 3
      fsync 1
      stretches 1
      ftruncate 1 4097
      ftruncate 1 8192
      allocate 1 0 0
      punch 1 0 0
      fstat 1`),

    "extended attributes that have no space": listOf(`
      mkdir d 755
      setxattr d user.a ${"ab".repeat(3000)}
      setxattr d user.b ${"ab".repeat(3000)}
      setxattr d user.a ${"ab".repeat(100)}
      setxattr d user.b ${"ab".repeat(3000)}
      setxattr d user.c ${"cd".repeat(5000)}
      listxattr d
      removexattr d user.b
      setxattr d user.c ${"cd".repeat(3900)}
      listxattr d`),
    "a large directory that comes and goes": [
      "mkdir d 755",
      ...Array.from({ length: 300 }, (_, index) => `mknod d/${"name".repeat(50)}-${index} file 644`),
      ...Array.from({ length: 200 }, (_, index) => `unlink d/${"name".repeat(50)}-${(index * 7) % 300}`),
      ...Array.from({ length: 100 }, (_, index) => `mkdir d/${"other".repeat(index % 50)}${index} 755`),
      "lstat d",
      "readdir d",
    ],
    "a file of many pieces": [
      "open 1 f w+ 644",
      ...Array.from(
        { length: 400 },
        (_, index) => `write 1 ${((index * 37) % 400) * 8192} 4096 ${index % 200}`,
      ),
      "fsync 1",
      "stretches 1",
      ...Array.from({ length: 100 }, (_, index) => `punch 1 ${index * 16_384} 8192`),
      "ftruncate 1 2000000",
      "fsync 1",
      "stretches 1",
      "allocate 1 0 3000000",
      "read 1 8190 100",
      "fstat 1",
    ],
  }),
);
