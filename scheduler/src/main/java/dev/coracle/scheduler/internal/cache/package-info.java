/** Nodes and what is on them, as the API says and as the scheduler has just assumed. */
@NullMarked
package dev.coracle.scheduler.internal.cache;

import org.jspecify.annotations.NullMarked;
