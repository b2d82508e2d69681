/** The scheduler behind its door. */
@NullMarked
package dev.coracle.scheduler.internal;

import org.jspecify.annotations.NullMarked;
