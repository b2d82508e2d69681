/**
 * The embedded storage: an append-only log with an index in memory (ADR 0010).
 *
 * <p>A write goes through the one writer thread ({@link
 * dev.coracle.watchhub.internal.embedded.Writer}): it is applied to the index under a revision that
 * nobody may see yet, its frame is appended to the log, one fdatasync makes the whole group
 * durable, and then the feed thread shows the revision to watchers and answers the callers. Reads
 * look up the index and read values from the files. Now and then a base file with all current
 * values takes the place of the old log files.
 */
@NullMarked
package dev.coracle.watchhub.internal.embedded;

import org.jspecify.annotations.NullMarked;
