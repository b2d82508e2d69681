/** The archive of a container's checkpoint (KEP-2008). */
@NullMarked
package dev.coracle.criruntime.internal.checkpoint;

import org.jspecify.annotations.NullMarked;
