# Makes the calls of operation lists on the real kernel, and tells what came of each.
# Perl, since every Debian has its base, and a compiler or Python only some. Reads lines from stdin:
#
#   !COMMAND        runs a shell command, which must succeed
#   run FOLDER      makes the calls of the lines up to `end`, with FOLDER as root; a line of answer each
#   snapshot FOLDER shows the tree below FOLDER, a line a name, up to a line `end`
#
# What the lines of a list mean stands in operation.ts. System calls go by their numbers on x86-64.
use strict;
use warnings;
use Errno ();
use Fcntl qw(:DEFAULT :mode);

my %number = (
  openat => 257, close => 3, pread64 => 17, pwrite64 => 18, write => 1, lseek => 8, ftruncate => 77, truncate => 76,
  fallocate => 285, fsync => 74, syncfs => 306, mkdirat => 258, mknodat => 259, symlinkat => 266, linkat => 265,
  unlinkat => 263, renameat2 => 316, fchmodat => 268, fchmod => 91, fchownat => 260, fchown => 93, utimensat => 280,
  statx => 332, readlinkat => 267, lsetxattr => 189, lgetxattr => 192, llistxattr => 195, lremovexattr => 198,
);
my ($here, $noFollow, $removeDirectory, $emptyPath, $closeOnExec) = (-100, 0x100, 0x200, 0x1000, 0x80000);
my %typeNames = (
  S_IFREG, "file", S_IFDIR, "directory", S_IFLNK, "symlink", S_IFCHR, "characterDevice", S_IFBLK, "blockDevice",
  S_IFIFO, "fifo", S_IFSOCK, "socket",
);
my %typeBits = reverse %typeNames;
my %errors = map { my $name = $_; $name =~ /^E(?:WOULDBLOCK|DEADLOCK|OPNOTSUPP)$/ ? () : (eval("Errno::$name()"), $name) }
  @{ $Errno::EXPORT_TAGS{POSIX} }, grep { /^E/ } keys %!;
$errors{95} = "ENOTSUP";
$errors{35} = "EDEADLK";
my %flags = (
  "r" => O_RDONLY, "r+" => O_RDWR, "w" => O_WRONLY | O_CREAT | O_TRUNC, "w+" => O_RDWR | O_CREAT | O_TRUNC,
  "wx" => O_WRONLY | O_CREAT | O_TRUNC | O_EXCL, "wx+" => O_RDWR | O_CREAT | O_TRUNC | O_EXCL,
  "a" => O_WRONLY | O_CREAT | O_APPEND, "a+" => O_RDWR | O_CREAT | O_APPEND,
  "ax" => O_WRONLY | O_CREAT | O_APPEND | O_EXCL, "ax+" => O_RDWR | O_CREAT | O_APPEND | O_EXCL,
);
my $pattern = join("", map { chr((($_ * 31) ^ (($_ >> 8) * 7)) & 0xff) } 0 .. 65535);
my %handles;

# One call; dies with the name of its error.
sub call {
  my $name = shift;
  # Not of copies: the kernel writes into buffers of the caller.
  my $result = syscall($number{$name}, @_);
  die { error => $errors{ $! + 0 } // "errno " . ($! + 0) } if $result == -1;
  return $result;
}

sub unescape { my ($text) = @_; $text =~ s/%([0-9a-f]{2})/chr(hex($1))/ge; return $text; }
sub escape { my ($bytes) = @_; $bytes =~ s/([^!-\$&-~])/sprintf("%%%02x", ord($1))/ge; return $bytes; }

sub content {
  my ($length, $seed) = @_;
  my $start = ($seed * 257) % 65536;
  return substr($pattern x (2 + int($length / 65536)), $start, $length);
}

# Bytes as hex, 32 zeros or more as their number, nothing as `-`.
sub shown {
  my ($bytes) = @_;
  return "-" if $bytes eq "";
  return join("", map { /^\0{32}/ ? "(" . length($_) . ")" : unpack("H*", $_) } split(/(\0{32,})/, $bytes));
}

# What statx tells of a path, or of a handle where the path is empty.
sub attributes {
  my ($at, $path, $how) = @_;
  my $buffer = "\0" x 256;
  call("statx", $at, $path, $how, 0x7ff, $buffer);
  my %seen;
  @seen{qw(links uid gid mode inode size)} = unpack("x16 L L L S x2 Q Q", $buffer);
  @seen{qw(atime atimeNs)} = unpack("x64 q L", $buffer);
  @seen{qw(mtime mtimeNs rdevMajor rdevMinor major minor)} = unpack("x112 q L x4 L L L L", $buffer);
  $seen{type} = $typeNames{ S_IFMT($seen{mode}) };
  return \%seen;
}

# Times that lists set lie outside of these years: what lies within is the time of a call.
sub timeText {
  my ($seconds, $nanoseconds) = @_;
  return $seconds > 1_750_000_000 && $seconds < 2_000_000_000 ? "now" : sprintf("%d.%09d", $seconds, $nanoseconds);
}

sub attributesText {
  my ($seen) = @_;
  my @words = ($seen->{type}, sprintf("%o", $seen->{mode} & 07777), "$seen->{uid}:$seen->{gid}", "links=$seen->{links}");
  push @words, "size=$seen->{size}" if $seen->{type} ne "directory";
  push @words, "device=$seen->{rdevMajor}:$seen->{rdevMinor}" if $seen->{type} =~ /Device$/;
  push @words, "atime=" . timeText($seen->{atime}, $seen->{atimeNs}), "mtime=" . timeText($seen->{mtime}, $seen->{mtimeNs});
  return join(" ", @words);
}

sub handle { return $handles{ $_[0] } // die { error => "EBADF" }; }

sub timespecs {
  return pack("q q q q", map { /^(-?\d+)\.(\d{9})$/ ? ($1, $2 + 0) : (0, 0x3ffffffe) } @_);
}

sub opened {
  my ($name, $path, $how, $mode) = @_;
  # Whatever is behind a device's number, and what a FIFO waits for, is nobody's business here.
  my $there = $how =~ /x/ ? undef : eval { attributes($here, $path, 0) };
  return "special" if $there && $there->{type} !~ /^(?:file|directory)$/;
  return "directory" if $there && $there->{type} eq "directory" && $how eq "r";
  my $descriptor = call("openat", $here, $path, $flags{$how} | $closeOnExec, oct($mode));
  $handles{$name} = $descriptor;
  return "";
}

sub stretches {
  my ($descriptor) = @_;
  my ($at, @found) = (0);
  for (;;) {
    my $from = syscall($number{lseek}, $descriptor, $at, 3);
    last if $from == -1;
    $at = call("lseek", $descriptor, $from, 4);
    push @found, "$from+" . ($at - $from);
  }
  return join(" ", @found);
}

sub xattrNames {
  my ($path) = @_;
  my $buffer = "\0" x 65536;
  return sort split(/\0/, substr($buffer, 0, call("llistxattr", $path, $buffer, 65536)));
}

sub xattrValue {
  my ($path, $name) = @_;
  my $buffer = "\0" x 65536;
  return substr($buffer, 0, call("lgetxattr", $path, $name, $buffer, 65536));
}

sub leadsSomewhere { my ($path) = @_; return eval { attributes($here, $path, $noFollow) } || $@->{error} ne "ENOENT"; }

sub children {
  my ($path) = @_;
  my $descriptor = call("openat", $here, $path, O_RDONLY | O_DIRECTORY | $closeOnExec, 0);
  my $error;
  my @names;
  # By its folder, since Perl takes no descriptor here and the path may be long.
  if (opendir(my $folder, $path)) {
    # Overlayfs lists a whiteout where nothing is merged, as a name that leads nowhere.
    @names = sort grep { $_ ne "." && $_ ne ".." && leadsSomewhere("$path/$_") } readdir($folder);
    closedir($folder);
  }
  else { $error = $errors{ $! + 0 }; }
  call("close", $descriptor);
  die { error => $error } if defined $error;
  return @names;
}

my %verbs = (
  open => sub { opened(@_) },
  close => sub { call("close", handle($_[0])); delete $handles{ $_[0] }; "" },
  read => sub {
    my ($name, $offset, $length) = @_;
    my $buffer = "\0" x ($length + 1);
    my $count = call("pread64", handle($name), $buffer, $length + 0, $offset + 0);
    return shown(substr($buffer, 0, $count));
  },
  write => sub {
    my ($name, $offset, $length, $seed) = @_;
    return call("pwrite64", handle($name), content($length, $seed), $length + 0, $offset + 0);
  },
  ftruncate => sub { call("ftruncate", handle($_[0]), $_[1] + 0); "" },
  allocate => sub { call("fallocate", handle($_[0]), $_[3] ? 1 : 0, $_[1] + 0, $_[2] + 0); "" },
  punch => sub { call("fallocate", handle($_[0]), 3, $_[1] + 0, $_[2] + 0); "" },
  stretches => sub { stretches(handle($_[0])) },
  fstat => sub { attributesText(attributes(handle($_[0]), "", $emptyPath)) },
  fchmod => sub { call("fchmod", handle($_[0]), oct($_[1])); "" },
  fchown => sub { call("fchown", handle($_[0]), $_[1] + 0, $_[2] + 0); "" },
  futimens => sub { call("utimensat", handle($_[0]), 0, timespecs(@_[1, 2]), 0); "" },
  fsync => sub { call("fsync", handle($_[0])); "" },
  sync => sub {
    my $root = ".";
    my $descriptor = call("openat", $here, $root, O_RDONLY, 0);
    call("syncfs", $descriptor);
    call("close", $descriptor);
    return "";
  },
  truncate => sub {
    # Node's way is to open it first, which sockets refuse in words of their own.
    call("close", call("openat", $here, $_[0], O_RDWR | $closeOnExec, 0)) if -S $_[0];
    call("truncate", $_[0], $_[1] + 0);
    return "";
  },
  mkdir => sub { call("mkdirat", $here, $_[0], oct($_[1])); "" },
  mknod => sub {
    my ($path, $type, $mode, $major, $minor) = @_;
    my $device = ((($minor // 0) & 0xff) | (($major // 0) << 8) | ((($minor // 0) & ~0xff) << 12));
    call("mknodat", $here, $path, $typeBits{$type} | oct($mode), $device);
    return "";
  },
  symlink => sub { call("symlinkat", $_[0], $here, $_[1]); "" },
  link => sub { call("linkat", $here, $_[0], $here, $_[1], 0); "" },
  unlink => sub { call("unlinkat", $here, $_[0], 0); "" },
  rmdir => sub { call("unlinkat", $here, $_[0], $removeDirectory); "" },
  rename => sub {
    my ($from, $to, @how) = @_;
    my %bits = (refuse => 1, exchange => 2, whiteout => 4);
    my $sum = 0;
    $sum |= $bits{$_} for @how;
    call("renameat2", $here, $from, $here, $to, $sum);
    return "";
  },
  chmod => sub { call("fchmodat", $here, $_[0], oct($_[1])); "" },
  lchown => sub { call("fchownat", $here, $_[0], $_[1] + 0, $_[2] + 0, $noFollow); "" },
  utimens => sub { call("utimensat", $here, $_[0], timespecs(@_[1, 2]), $noFollow); "" },
  setxattr => sub {
    my ($path, $name, $hex, $only) = @_;
    my $value = pack("H*", $hex eq "-" ? "" : $hex);
    call("lsetxattr", $path, $name, $value, length($value), { create => 1, replace => 2 }->{ $only // "" } // 0);
    return "";
  },
  getxattr => sub { shown(xattrValue(@_)) },
  listxattr => sub { join(" ", map { escape($_) } xattrNames($_[0])) },
  removexattr => sub { call("lremovexattr", @_); "" },
  readdir => sub { my ($path) = @_; join(" ", map { escape($_) } children($path)) },
  readlink => sub {
    my $buffer = "\0" x 4097;
    return escape(substr($buffer, 0, call("readlinkat", $here, $_[0], $buffer, 4096)));
  },
  lstat => sub { attributesText(attributes($here, $_[0], $noFollow)) },
  stat => sub { attributesText(attributes($here, $_[0], 0)) },
);

sub answer {
  my ($line) = @_;
  my ($verb, @args) = split(/ /, $line);
  my $todo = $verbs{$verb} or die "no such operation: $line\n";
  my $said = eval { $todo->(map { unescape($_) } @args) };
  return $@->{error} if ref $@;
  die $@ if $@;
  return $said eq "" ? "ok" : "ok $said";
}

# In a process of its own, which cannot come back out of its root.
sub run {
  my ($folder, @lines) = @_;
  my $child = fork() // die "fork: $!";
  if ($child == 0) {
    umask(0);
    chdir($folder) or die "$folder: $!";
    chroot(".") or die "chroot: $!";
    print answer($_), "\n" for @lines;
    close(STDOUT);
    exit(0);
  }
  waitpid($child, 0);
  die "the calls ended with $?\n" if $? != 0;
}

sub hashes {
  my ($folder, @paths) = @_;
  return () unless @paths;
  my $list = "/tmp/sealstone-paths-$$";
  open(my $file, ">", $list) or die "$list: $!";
  print $file join("\0", @paths), "\0";
  close($file);
  open(my $said, "-|", "cd '$folder' && xargs -0 -a $list sha256sum -z -b --") or die "sha256sum: $!";
  local $/ = "\0";
  my %hashes;
  while (<$said>) { chomp; my ($hash, $path) = /^(\w+) \*(.*)$/s; $hashes{$path} = $hash; }
  close($said) or die "sha256sum failed\n";
  unlink($list);
  return %hashes;
}

sub snapshot {
  my ($folder) = @_;
  my (@seen, %first);
  my $see;
  $see = sub {
    my ($path) = @_;
    my $full = $path eq "." ? $folder : "$folder/$path";
    my $attributes = eval { attributes($here, $full, $noFollow) };
    # A name that listings show, and nothing else does.
    if (!$attributes) { push @seen, [$path, $full, { type => $@->{error} }]; return; }
    push @seen, [$path, $full, $attributes];
    return if $attributes->{type} ne "directory";
    $see->($path eq "." ? $_ : "$path/$_") for children($full);
  };
  $see->(".");
  my @files = map { "./$_->[0]" } grep { $_->[2]{type} eq "file" && $_->[2]{size} > 0 } @seen;
  my %hashes = hashes($folder, @files);
  for (@seen) {
    my ($path, $full, $attributes) = @$_;
    if (!exists $attributes->{inode}) { print escape($path), " $attributes->{type}\n"; next; }
    my @words = (escape($path), attributesText($attributes));
    push @words, "sha256=" . $hashes{"./$path"} if exists $hashes{"./$path"};
    push @words, "target=" . escape(readlink($full)) if $attributes->{type} eq "symlink";
    push @words, map { escape($_) . "=" . shown(xattrValue($full, $_)) } xattrNames($full);
    my $first = $first{"$attributes->{major}:$attributes->{minor}:$attributes->{inode}"} //= $path;
    push @words, "same=" . escape($first) if $first ne $path;
    print join(" ", @words), "\n";
  }
  print "end\n";
}

# What other tests have mounted at this moment would stay mounted here when they unmount it.
open(my $mounts, "<", "/proc/self/mounts") or die "no list of mounts: $!";
for (grep { m{/sealstone-ext4-\S+/mount } } <$mounts>) {
  my $place = (split(/ /))[1];
  syscall(166, $place, 2); # umount2, MNT_DETACH; it may be gone by now.
}
close($mounts);

chomp(my @plan = <STDIN>);
while (defined(my $line = shift @plan)) {
  if ($line =~ /^!(.*)/) {
    system("sh", "-c", "$1 >&2") == 0 or die "$1: ended with $?\n";
  } elsif ($line =~ /^run (.*)/) {
    my ($folder, @lines) = ($1);
    while (defined(my $next = shift @plan)) { last if $next eq "end"; push @lines, $next; }
    run($folder, @lines);
  } elsif ($line =~ /^snapshot (.*)/) {
    eval { snapshot($1); 1 } or die ref $@ ? "$line: $@->{error}\n" : $@;
  } else {
    die "what is this: $line\n";
  }
}
