/** Segments on disk, each with a small index, and the search over them. */
@NullMarked
package dev.coracle.logs.internal.store;

import org.jspecify.annotations.NullMarked;
