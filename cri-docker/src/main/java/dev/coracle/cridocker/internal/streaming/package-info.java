/** Exec and attach over connections that Docker gives out of its hands. */
@NullMarked
package dev.coracle.cridocker.internal.streaming;

import org.jspecify.annotations.NullMarked;
