/**
 * Containers: from a CRI config to a process, its log, its end, and what survives a restart of this
 * JVM.
 */
@NullMarked
package dev.coracle.criruntime.internal.container;

import org.jspecify.annotations.NullMarked;
