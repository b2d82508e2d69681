/** One pod's way through the extension points, and preemption. */
@NullMarked
package dev.coracle.scheduler.internal.cycle;

import org.jspecify.annotations.NullMarked;
