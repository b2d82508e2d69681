/** Follows the files that container runtimes write (CRI's log format) by inotify. */
@NullMarked
package dev.coracle.logs.internal.collect;

import org.jspecify.annotations.NullMarked;
