/** The pods that wait: active, in back-off, unschedulable, gated. */
@NullMarked
package dev.coracle.scheduler.internal.queue;

import org.jspecify.annotations.NullMarked;
