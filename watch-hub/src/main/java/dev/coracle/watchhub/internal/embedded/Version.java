package dev.coracle.watchhub.internal.embedded;

import org.jspecify.annotations.Nullable;

/**
 * One key's state from one revision on: a value somewhere in a file, or a deletion ({@code file} is
 * null then). The value itself stays in memory only while it is recent.
 */
final class Version {

  final long modRevision;
  final long createRevision;
  final long version;
  final long lease;
  final @Nullable DataFile file;
  final long offset;
  final int length;

  /** The value while it is young: watchers at the head of the feed need no disk. */
  volatile byte @Nullable [] recent;

  Version(
      long modRevision,
      long createRevision,
      long version,
      long lease,
      @Nullable DataFile file,
      long offset,
      int length) {
    this.modRevision = modRevision;
    this.createRevision = createRevision;
    this.version = version;
    this.lease = lease;
    this.file = file;
    this.offset = offset;
    this.length = length;
  }

  static Version deletion(long revision) {
    return new Version(revision, 0, 0, 0, null, 0, 0);
  }

  boolean isDeletion() {
    return file == null;
  }

  /** The same state, its value elsewhere. */
  Version movedTo(DataFile newFile, long newOffset) {
    Version moved =
        new Version(modRevision, createRevision, version, lease, newFile, newOffset, length);
    moved.recent = recent;
    return moved;
  }
}
