/** Containers' output on its way from Docker to CRI's log files. */
@NullMarked
package dev.coracle.cridocker.internal.log;

import org.jspecify.annotations.NullMarked;
