/** What containers and pods use. */
@NullMarked
package dev.coracle.criruntime.usage;

import org.jspecify.annotations.NullMarked;
